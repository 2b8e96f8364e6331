import test from 'ava';
import { maskPixels } from '../../dist/masks/window-mask.js';
import { HEAT_COLOURS } from '../../dist/reports/heat-colours.js';
import { drawHeatmap } from '../../dist/reports/heatmap.js';
import { drawMask } from '../../dist/reports/mask-picture.js';
import { drawOverlay, overlayInPieces } from '../../dist/reports/overlay.js';

/** sRGB byte → OKLab (Ottosson 2020), the inverse of what the scale is computed with. */
function okLab(at: number): number[] {
  const [r, g, b] = [0, 1, 2].map((c) => {
    const value = HEAT_COLOURS[at * 3 + c] / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

test('heat colours: lightness rises all the way, equal steps look equal', (t) => {
  const colours = Array.from({ length: 256 }, (_, at) => okLab(at));
  const every = Array.from({ length: 17 }, (_, at) => colours[Math.min(255, at * 16)]);
  const steps = every
    .slice(1)
    .map((colour, at) => Math.hypot(...colour.map((value, c) => value - every[at][c])));
  const mean = steps.reduce((sum, step) => sum + step) / steps.length;
  // Straight distances across 16 entries; bytes round each end by up to 0.004 where colours are dark.
  steps.slice(0, -1).forEach((step) => t.true(Math.abs(step / mean - 1) < 0.15, `${step} ${mean}`));
  for (let at = 1; at < 17; at++) t.true(every[at][0] > every[at - 1][0]);
  t.true(colours[0][0] < 0.2 && colours[255][0] > 0.93);
});

/** A 12×6 picture; the network's 4×4 input shows its middle 6×6 after resizing; columns 3 … 9. */
const scene = (cells: number[]) => ({
  image: { width: 12, height: 6, channels: 3 as const, data: new Uint8Array(12 * 6 * 3).fill(200) },
  viewport: {
    x: 3,
    y: 0,
    width: 6,
    height: 6,
    inputWidth: 4,
    inputHeight: 4,
    originalWidth: 12,
    originalHeight: 6,
  },
  mask: { height: 4, width: 4, window: 2, cells },
  saliency: Float32Array.from({ length: 16 }, (_, at) => (at === 0 ? 8 : at === 1 ? 4 : at === 15 ? -3 : 0)),
});

test('cells cover windows, cut at the border', (t) => {
  // 3×3 input, window 2: the last row and column of cells are one pixel wide.
  t.deepEqual(
    [...maskPixels({ height: 3, width: 3, window: 2, cells: [1, 0, 0, 1] })],
    [1, 1, 0, 1, 1, 0, 0, 0, 1],
  );
});

test('the mask is drawn where its pixels lie in the original', (t) => {
  const { data, ...size } = drawMask(scene([1, 0, 0, 0]));
  t.deepEqual(size, { width: 12, height: 6, channels: 1 });
  // Input 2×2 pixels at the top left of the crop are original columns 3 … 6, rows 0 … 3.
  for (let y = 0; y < 6; y++) {
    for (let x = 0; x < 12; x++) t.is(data[y * 12 + x], x >= 3 && x < 6 && y < 3 ? 255 : 0, `${x}, ${y}`);
  }
});

test('heat: the largest score has its own colour; none, and unseen pixels, are the picture in dark grey', (t) => {
  const { data } = drawHeatmap(scene([1, 0, 0, 0]));
  const colour = (x: number, y: number) => [...data.subarray((y * 12 + x) * 3, (y * 12 + x) * 3 + 3)];
  t.deepEqual(colour(3, 0), [...HEAT_COLOURS.subarray(255 * 3)]);
  t.deepEqual(colour(0, 0), [90, 90, 90]);
  t.deepEqual(colour(8, 5), [90, 90, 90]);
});

test('overlay: dropped pixels are dimmed, unseen ones more, kept ones stay or glow; grey pictures too', (t) => {
  const drawing = scene([0, 0, 0, 1]);
  const { data } = drawOverlay({ ...drawing, saliency: new Float32Array(16) });
  const red = (x: number, y: number) => data[(y * 12 + x) * 3];
  t.is(red(8, 5 - 1), 200);
  t.true(red(4, 1) < 150 && red(4, 1) > red(0, 0));
  const grey = {
    ...drawing,
    image: { width: 12, height: 6, channels: 1 as const, data: new Uint8Array(72).fill(90) },
  };
  t.is(drawOverlay(grey).data.length, 12 * 6 * 3);
});

test('the overlay of a large picture comes in pieces of a quarter of a million pixels at most', (t) => {
  const [width, height] = [4000, 1000];
  const image = { width, height, channels: 1 as const, data: new Uint8Array(width * height).fill(90) };
  const pieces = [...overlayInPieces({ ...scene([0, 0, 0, 1]), image })];
  t.true(pieces.length + 1 >= (width * height) / 2 ** 18);
});
