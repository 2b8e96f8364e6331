import type { Box } from '../input/viewport.js';
import type { Drawing } from '../explainers/drawing.js';
import { maskBox, maskPixels } from '../masks/window-mask.js';
import { heatLevels, inputAxes } from './canvas.js';
import { HEAT_COLOURS } from './heat-colours.js';
import type { Picture } from './png.js';

/** Brightness that is left of pixels the mask drops, and of those the network never sees. */
const DIMMED = 0.4;
const UNSEEN = 0.15;
/** How much the strongest heat covers of a kept pixel. */
const HEAT_COVER = 0.7;
/** The dark end of the colour scale is left out: heat is to brighten what is kept. */
const COLDEST = 96;

/**
 * The input with everything outside the mask dimmed and grey, the saliency laid over the kept pixels in the
 * heat map's colours, and the tightest rectangle around them.
 */
export function drawOverlay(drawing: Drawing): Picture {
  const { image, mask } = drawing;
  const { width, height } = image;
  const { columns, rows } = inputAxes(drawing.viewport, width, height);
  const kept = maskPixels(mask);
  const levels = heatLevels(drawing.saliency);
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      const at = rows[y] < 0 || columns[x] < 0 ? -1 : rows[y] * mask.width + columns[x];
      const from = pixel * image.channels;
      const step = image.channels === 3 ? 1 : 0;
      const colour = [image.data[from], image.data[from + step], image.data[from + 2 * step]];
      if (at < 0 || !kept[at]) dimPixel(data, pixel, colour, at < 0 ? UNSEEN : DIMMED);
      else {
        const [r, g, b] = colour;
        const to = pixel * 3;
        const heat = levels[at];
        const cover = (HEAT_COVER * heat) / 255;
        const entry = 3 * Math.round(COLDEST + ((255 - COLDEST) * heat) / 255);
        data[to] = r + (HEAT_COLOURS[entry] - r) * cover;
        data[to + 1] = g + (HEAT_COLOURS[entry + 1] - g) * cover;
        data[to + 2] = b + (HEAT_COLOURS[entry + 2] - b) * cover;
      }
    }
  }
  const picture: Picture = { width, height, channels: 3, data };
  const box = maskBox(mask, drawing.viewport, drawing.saliency);
  if (box) drawBox(picture, box, drawing.viewport.originalWidth, drawing.viewport.originalHeight);
  return picture;
}

/** A pixel's colour mostly grey and at `left` of its brightness; a little of the colour stays to recognise it by. */
export function dimPixel(data: Uint8Array, pixel: number, colour: readonly number[], left: number): void {
  const luma = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2];
  for (let c = 0; c < 3; c++) data[pixel * 3 + c] = left * (0.7 * luma + 0.3 * colour[c]);
}

/** A bright frame with a dark edge, seen on any background; it lies just outside the box where there is room. */
function drawBox(picture: Picture, box: Box, originalWidth: number, originalHeight: number): void {
  const { width, height, data } = picture;
  const [across, down] = [width / originalWidth, height / originalHeight];
  const thick = Math.max(1, Math.round(Math.min(width, height) / 200));
  const left = Math.round(box.x * across);
  const top = Math.round(box.y * down);
  const right = Math.round((box.x + box.width) * across);
  const bottom = Math.round((box.y + box.height) * down);
  const edge = Math.min(width, height) >= 100 ? 1 : 0;
  const frame = (grow: number, line: number, colour: readonly number[]) => {
    const x0 = Math.max(0, left - grow);
    const y0 = Math.max(0, top - grow);
    const x1 = Math.min(width, right + grow);
    const y1 = Math.min(height, bottom + grow);
    for (let y = y0; y < y1; y++) {
      const whole = y < y0 + line || y >= y1 - line;
      for (let x = x0; x < x1; x++) {
        if (!whole && x === x0 + line && x1 - line > x) x = x1 - line;
        data.set(colour, (y * width + x) * 3);
      }
    }
  };
  frame(thick + edge, thick + 2 * edge, [0, 0, 0]);
  frame(thick, thick, [64, 224, 255]);
}
