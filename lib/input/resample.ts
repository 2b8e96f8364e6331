import { atOnce, rowsPerPiece, type Pieces } from '../threads/in-pieces.js';
import type { OpaqueImage } from './raw-image.js';
import { resamplePasses, WEIGHT_BITS, type AxisWeights } from './resample-passes.js';

/** The filters of Pillow's `Image.resize`, under the numbers that `preprocessor_config.json` uses. */
export const RESAMPLING_FILTERS = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'] as const;
export type ResamplingFilter = (typeof RESAMPLING_FILTERS)[number];

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Each kernel is zero outside [−support, support]. */
const KERNELS: Record<
  Exclude<ResamplingFilter, 'nearest'>,
  { support: number; weight(x: number): number }
> = {
  box: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  // sinc under a Hamming window of half-width 1
  hamming: {
    support: 1,
    weight: (x) => (Math.abs(x) >= 1 ? 0 : sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x))),
  },
  // Keys' cubic convolution, a = −1/2
  bicubic: {
    support: 2,
    weight(x) {
      const d = Math.abs(x);
      if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
      return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
    },
  },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** A run of samples of the resized axis: the part that is wanted. */
export interface Span {
  first: number;
  count: number;
}

function axisWeights(
  filter: ResamplingFilter,
  from: number,
  to: number,
  span: Span,
  bytes: boolean,
): AxisWeights {
  const scale = from / to;
  if (filter === 'nearest' || from === to) {
    const starts = new Int32Array(span.count);
    // Added up step by step, as Pillow does: the rounding of the sum decides positions that fall on a border.
    let position = scale * 0.5;
    for (let i = 0; i < span.first + span.count; i++, position += scale) {
      if (i >= span.first) starts[i - span.first] = Math.min(from - 1, Math.floor(position));
    }
    const one = bytes ? 2 ** WEIGHT_BITS : 1;
    return {
      starts,
      lengths: new Int32Array(span.count).fill(1),
      weights: new Float64Array(span.count).fill(one),
      stride: 1,
    };
  }
  const kernel = KERNELS[filter];
  // Shrinking stretches the kernel over all the input it stands for: that is the antialiasing.
  const stretch = Math.max(scale, 1);
  const squeeze = 1 / stretch;
  const support = kernel.support * stretch;
  const stride = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(span.count);
  const lengths = new Int32Array(span.count);
  const weights = new Float64Array(span.count * stride);
  for (let i = 0; i < span.count; i++) {
    const centre = (span.first + i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const length = Math.min(from, Math.trunc(centre + support + 0.5)) - start;
    const row = weights.subarray(i * stride, i * stride + length);
    let sum = 0;
    for (let k = 0; k < length; k++) sum += row[k] = kernel.weight((start + k - centre + 0.5) * squeeze);
    for (let k = 0; k < length; k++) {
      if (sum !== 0) row[k] /= sum;
      // round half away from zero
      if (bytes) row[k] = Math.trunc(row[k] * 2 ** WEIGHT_BITS + (row[k] < 0 ? -0.5 : 0.5));
    }
    starts[i] = start;
    lengths[i] = length;
  }
  return { starts, lengths, weights, stride };
}

/**
 * Resizes to `width`×`height` and returns the window `columns`×`rows` of the result (default: all of it);
 * nothing else is computed. Separable convolution, horizontally first, with antialiasing when shrinking:
 * the method of Pillow's `Image.resize`, equal to it byte for byte (floats: without any rounding).
 */
export function resample(...request: Parameters<typeof resampleInPieces>): OpaqueImage {
  return atOnce(resampleInPieces(...request));
}

/** The same in pieces: of a large picture all together takes longer than others should wait. */
export function* resampleInPieces(
  image: OpaqueImage,
  filter: ResamplingFilter,
  width: number,
  height: number,
  columns: Span = { first: 0, count: width },
  rows: Span = { first: 0, count: height },
  passes = resamplePasses(),
): Pieces<OpaqueImage> {
  const { channels, data } = image;
  const bytes = data instanceof Uint8Array;
  const allocate = (length: number) => (bytes ? new Uint8Array(length) : new Float32Array(length));
  const across = axisWeights(filter, image.width, width, columns, bytes);
  const down = axisWeights(filter, image.height, height, rows, bytes);

  // Only the input rows that the wanted output rows use.
  let [top, bottom] = [image.height, 0];
  for (let i = 0; i < down.starts.length; i++) {
    top = Math.min(top, down.starts[i]);
    bottom = Math.max(bottom, down.starts[i] + down.lengths[i]);
  }
  const length = columns.count * channels;
  const narrowed = allocate(Math.max(0, bottom - top) * length);
  const piece = rowsPerPiece(image.width);
  for (let first = top; first < bottom; first += piece) {
    if (first > top) yield;
    const last = Math.min(bottom, first + piece);
    const lines = { first, last, width: image.width, channels };
    passes.across(data, narrowed.subarray((first - top) * length), lines, across);
  }
  const result = allocate(rows.count * length);
  passes.down(narrowed, result, { first: 0, last: rows.count, length, top }, down);
  return { width: columns.count, height: rows.count, channels, data: result };
}
