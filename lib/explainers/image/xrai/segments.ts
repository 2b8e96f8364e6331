import { blurImage } from '../../../attribution/gaussian-blur.js';
import { resample } from '../../../input/resample.js';
import { felzenszwalb, pixelGraph, type InterleavedPicture } from './felzenszwalb.js';

/** As published: six scales, on a picture of this side whose values lie in [−1, 1]. */
const SCALES = [50, 100, 150, 250, 500, 1200];
const SIGMA = 0.8;
const MIN_SIZE = 150;
const SIDE = 224;
/** Pixels by which segments reach over their edges, at that side. */
const DILATION = 5;

/** What of a picture's area, or side, is meant for one of another size. */
export function sidesOf({ height, width }: { height: number; width: number }): number {
  return Math.sqrt(height * width) / SIDE;
}

/**
 * The overlapping segments that XRAI merges: those of `felzenszwalb` at six scales, each a little larger than it was found.
 * @param picture of the size of the model's input, values of any range
 * @returns the pixels of every segment, in rising order
 */
export function overlappingSegments(picture: InterleavedPicture): Uint32Array[] {
  const { height, width } = picture;
  const graph = pixelGraph(smoothed(enlarged(ranged(picture))));
  const radius = Math.max(1, Math.round(DILATION * sidesOf(picture)));
  return SCALES.flatMap((scale) => {
    const labels = felzenszwalb(graph, scale, MIN_SIZE);
    return dilatedSegments(atSize(labels, { height, width }), { height, width }, radius);
  });
}

/** Values from −1 to 1. */
function ranged(picture: InterleavedPicture): InterleavedPicture {
  let [least, most] = [Infinity, -Infinity];
  for (const value of picture.data) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  const range = most - least || 1;
  return { ...picture, data: picture.data.map((value) => (2 * (value - least)) / range - 1) };
}

/** At the side that the scales are meant for. */
function enlarged({ height, width, channels, data }: InterleavedPicture): InterleavedPicture {
  if (height === SIDE && width === SIDE) return { height, width, channels, data };
  const large = new Float32Array(SIDE * SIDE * channels);
  for (let channel = 0; channel < channels; channel++) {
    const plane = Float32Array.from({ length: height * width }, (_, at) => data[at * channels + channel]);
    const grey = { height, width, channels: 1 as const, data: plane };
    resample(grey, 'bicubic', SIDE, SIDE).data.forEach(
      (value, at) => (large[at * channels + channel] = value),
    );
  }
  return { height: SIDE, width: SIDE, channels, data: large };
}

function smoothed(picture: InterleavedPicture): InterleavedPicture {
  const { height, width, channels, data } = picture;
  const image = { data, shape: [1, height, width, channels] };
  return { ...picture, data: blurImage(image, SIGMA, { height, width, layout: 'channels-last' }).data };
}

/** Labels of the enlarged picture at another size: that of the nearest pixel. */
function atSize(labels: Uint32Array, { height, width }: { height: number; width: number }): Uint32Array {
  if (height === SIDE && width === SIDE) return labels;
  const at = (index: number, size: number) => Math.floor(((index + 0.5) * SIDE) / size);
  return Uint32Array.from({ length: height * width }, (_, pixel) => {
    const y = at(Math.floor(pixel / width), height);
    return labels[y * SIDE + at(pixel % width, width)];
  });
}

/** Every segment with all pixels up to `radius` away from it. */
export function dilatedSegments(
  labels: Uint32Array,
  { height, width }: { height: number; width: number },
  radius: number,
): Uint32Array[] {
  const disk: [number, number][] = [];
  for (let y = -radius; y <= radius; y++)
    for (let x = -radius; x <= radius; x++) if (x * x + y * y <= radius * radius) disk.push([y, x]);
  const members = new Map<number, number[]>();
  labels.forEach((label, pixel) => {
    const pixels = members.get(label);
    if (pixels === undefined) members.set(label, [pixel]);
    else pixels.push(pixel);
  });
  const numbers = [...members.keys()].sort((a, b) => a - b);
  // The last segment that took a pixel: nothing needs to be cleared between two.
  const takenBy = new Int32Array(height * width).fill(-1);
  return numbers.map((label) => {
    const pixels: number[] = [];
    const take = (pixel: number) => {
      if (takenBy[pixel] === label) return;
      takenBy[pixel] = label;
      pixels.push(pixel);
    };
    for (const pixel of members.get(label)!) {
      take(pixel);
      const [y, x] = [Math.floor(pixel / width), pixel % width];
      if (!onEdge(labels, { height, width }, y, x)) continue;
      for (const [down, across] of disk) {
        const [row, column] = [y + down, x + across];
        if (row >= 0 && row < height && column >= 0 && column < width) take(row * width + column);
      }
    }
    return Uint32Array.from(pixels).sort();
  });
}

/** Whether a pixel has a neighbour of another segment: only such pixels reach over the edge. */
function onEdge(
  labels: Uint32Array,
  { height, width }: { height: number; width: number },
  y: number,
  x: number,
): boolean {
  const at = y * width + x;
  const label = labels[at];
  return (
    (x > 0 && labels[at - 1] !== label) ||
    (x + 1 < width && labels[at + 1] !== label) ||
    (y > 0 && labels[at - width] !== label) ||
    (y + 1 < height && labels[at + width] !== label)
  );
}
