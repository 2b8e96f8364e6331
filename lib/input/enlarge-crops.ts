/** How pixels lie in the data of an image: the steps between two channels and between two pixels. */
export interface PixelSteps {
  channels: number;
  perChannel: number;
  perPixel: number;
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

/**
 * A rectangle of an image enlarged bilinearly to the size of the whole, all channels: what `resizeBilinear` gives for each, within
 * the rounding of float32, in a small part of its time. Samples lie in the middle of pixels; beyond the border stands the last one.
 */
export function enlargeCrop(
  data: Float32Array,
  { height, width }: { height: number; width: number },
  { left, top, right, bottom }: { left: number; top: number; right: number; bottom: number },
  { channels, perChannel, perPixel }: PixelSteps,
): Float32Array {
  const across = axisOf(left, right - left, width);
  const down = axisOf(0, bottom - top, height);
  const enlarged = new Float32Array(data.length);
  const rows = new Float32Array((bottom - top) * width);
  for (let channel = 0; channel < channels; channel++) {
    const origin = channel * perChannel;
    for (let y = top, to = 0; y < bottom; y++) {
      const row = origin + y * width * perPixel;
      for (let x = 0; x < width; x++, to++) {
        const one = data[row + across.first[x] * perPixel];
        rows[to] = one + (data[row + across.second[x] * perPixel] - one) * across.share[x];
      }
    }
    for (let y = 0, to = origin; y < height; y++) {
      const upper = down.first[y] * width;
      const lower = down.second[y] * width;
      const share = down.share[y];
      for (let x = 0; x < width; x++, to += perPixel) {
        const one = rows[upper + x];
        enlarged[to] = one + (rows[lower + x] - one) * share;
      }
    }
  }
  return enlarged;
}
