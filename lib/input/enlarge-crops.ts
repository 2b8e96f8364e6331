import { loadAddon, type Addon } from '../addon.js';

/** How pixels lie in the data of an image: the steps between two channels and between two pixels. */
export interface PixelSteps {
  channels: number;
  perChannel: number;
  perPixel: number;
}

interface Form {
  height: number;
  width: number;
}

/** Right and bottom lie behind the last pixel. */
interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** The addon's side of it, see binding/image_binding.cc. */
interface ImageAddon {
  enlargeCrops(image: Float32Array, sizes: Int32Array, crops: Int32Array): Float32Array;
}

/**
 * Rectangles of an image, each enlarged bilinearly to the size of the whole, all channels, one after the other: what `resizeBilinear`
 * gives for each, within the rounding of float32. Samples lie in the middle of pixels; beyond the border stands the last one.
 *
 * The addon takes an eighth of the time of JavaScript and gives the same bits: every step is rounded to float32 in both.
 * @param data the image, channels first or last
 * @param crops within the image, none empty
 * @param addon for tests; null: as where there is none
 */
export function enlargeCrops(
  data: Float32Array,
  { height, width }: Form,
  crops: readonly Box[],
  { channels, perChannel, perPixel }: PixelSteps,
  addon: Addon | null = loadAddon(),
): Float32Array {
  if (typeof addon?.enlargeCrops === 'function') {
    const edges = crops.flatMap(({ left, top, right, bottom }) => [left, top, right, bottom]);
    return (addon as unknown as ImageAddon).enlargeCrops(
      data,
      Int32Array.of(height, width, channels, perChannel, perPixel),
      Int32Array.from(edges),
    );
  }
  const enlarged = new Float32Array(crops.length * data.length);
  crops.forEach((crop, at) => {
    const to = enlarged.subarray(at * data.length, (at + 1) * data.length);
    enlargeCrop(data, { height, width }, crop, { channels, perChannel, perPixel }, to);
  });
  return enlarged;
}

/** For every sample of an axis the two samples of the crop beside it, and the share of the second. */
interface Axis {
  first: Int32Array;
  second: Int32Array;
  share: Float32Array;
}

function axisOf(start: number, length: number, size: number): Axis {
  const axis = {
    first: new Int32Array(size),
    second: new Int32Array(size),
    share: new Float32Array(size),
  };
  for (let at = 0; at < size; at++) {
    const centre = ((at + 0.5) * length) / size - 0.5;
    const low = Math.floor(centre);
    axis.first[at] = start + Math.max(0, low);
    axis.second[at] = start + Math.min(length - 1, low + 1);
    axis.share[at] = centre - low;
  }
  return axis;
}

/** `share` of the way from one sample to another. */
function between(one: number, other: number, share: number): number {
  return Math.fround(one + Math.fround(Math.fround(other - one) * share));
}

function enlargeCrop(
  data: Float32Array,
  { height, width }: Form,
  { left, top, right, bottom }: Box,
  { channels, perChannel, perPixel }: PixelSteps,
  enlarged: Float32Array,
): void {
  const across = axisOf(left, right - left, width);
  const down = axisOf(0, bottom - top, height);
  const rows = new Float32Array((bottom - top) * width);
  for (let channel = 0; channel < channels; channel++) {
    const origin = channel * perChannel;
    for (let y = top, to = 0; y < bottom; y++) {
      const row = origin + y * width * perPixel;
      for (let x = 0; x < width; x++, to++) {
        const one = data[row + across.first[x] * perPixel];
        rows[to] = between(one, data[row + across.second[x] * perPixel], across.share[x]);
      }
    }
    for (let y = 0, to = origin; y < height; y++) {
      const upper = down.first[y] * width;
      const lower = down.second[y] * width;
      const share = down.share[y];
      for (let x = 0; x < width; x++, to += perPixel) {
        enlarged[to] = between(rows[upper + x], rows[lower + x], share);
      }
    }
  }
}
