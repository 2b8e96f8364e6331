import { loadAddon, type Addon } from '../addon.js';

/** Pillow keeps its byte weights as integers with this many fractional bits; so do we, to the same bytes. */
export const WEIGHT_BITS = 22;

/** Samples of a picture, channels last: bytes, or floats. */
type Samples = Uint8Array | Float32Array;

/** Weights of the output samples of one axis. */
export interface AxisWeights {
  /** First input sample of each output sample. */
  starts: Int32Array;
  /** How many input samples each uses. */
  lengths: Int32Array;
  /** `stride` entries an output sample; of bytes whole numbers, in 2^-22. */
  weights: Float64Array;
  stride: number;
}

/** Lines `first` to before `last` of a picture of `width` pixels a line. */
interface Lines {
  first: number;
  last: number;
  width: number;
  channels: number;
}

/** Output lines `first` to before `last`, of `length` samples each, made of lines of which the first at hand is the input's line `top`. */
interface Columns {
  first: number;
  last: number;
  length: number;
  top: number;
}

/** The two passes of a separable resize, first across every line, then down. */
export interface ResamplePasses {
  /** Writes the lines asked for one after the other, from the beginning of `to`. */
  across(from: Samples, to: Samples, lines: Lines, axis: AxisWeights): void;
  /** Writes every line asked for at its own place in `to`. */
  down(from: Samples, to: Samples, columns: Columns, axis: AxisWeights): void;
}

/** The addon's side of it, see binding/image_binding.cc. */
interface ResampleAddon {
  resampleAcross(from: Samples, to: Samples, sizes: Int32Array, ...axis: AxisArrays): void;
  resampleDown(from: Samples, to: Samples, sizes: Int32Array, ...axis: AxisArrays): void;
}

type AxisArrays = [starts: Int32Array, lengths: Int32Array, weights: Float64Array];

/**
 * The addon's passes, in a fifth of the time, or else JavaScript's: the same bytes, and of floats the same bits.
 * @param addon for tests; null: as where there is none
 */
export function resamplePasses(addon: Addon | null = loadAddon()): ResamplePasses {
  if (typeof addon?.resampleAcross !== 'function') return { across, down };
  const native = addon as unknown as ResampleAddon;
  return {
    across: (from, to, { first, last, width, channels }, axis) =>
      native.resampleAcross(
        from,
        to,
        Int32Array.of(first, last, width, channels, axis.stride),
        ...arraysOf(axis),
      ),
    down: (from, to, { first, last, length, top }, axis) =>
      native.resampleDown(from, to, Int32Array.of(first, last, length, top, axis.stride), ...arraysOf(axis)),
  };
}

function arraysOf({ starts, lengths, weights }: AxisWeights): AxisArrays {
  return [starts, lengths, weights];
}

function across(from: Samples, to: Samples, { first, last, width, channels }: Lines, axis: AxisWeights) {
  const bytes = from instanceof Uint8Array;
  const { starts, lengths, weights, stride } = axis;
  let at = 0;
  for (let y = first; y < last; y++) {
    const line = y * width * channels;
    for (let x = 0; x < starts.length; x++) {
      const start = line + starts[x] * channels;
      const weight = x * stride;
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let k = 0, sample = start + c; k < lengths[x]; k++, sample += channels)
          sum += weights[weight + k] * from[sample];
        to[at++] = bytes ? clampByte(sum) : sum;
      }
    }
  }
}

function down(from: Samples, to: Samples, { first, last, length, top }: Columns, axis: AxisWeights) {
  const bytes = from instanceof Uint8Array;
  const { starts, lengths, weights, stride } = axis;
  const sums = new Float64Array(length);
  for (let y = first; y < last; y++) {
    sums.fill(0);
    for (let k = 0; k < lengths[y]; k++) {
      const weight = weights[y * stride + k];
      const line = (starts[y] + k - top) * length;
      for (let i = 0; i < length; i++) sums[i] += weight * from[line + i];
    }
    const at = y * length;
    for (let i = 0; i < length; i++) to[at + i] = bytes ? clampByte(sums[i]) : sums[i];
  }
}

function clampByte(sum: number): number {
  const value = Math.floor(sum / 2 ** WEIGHT_BITS + 0.5);
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
