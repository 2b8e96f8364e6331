import { sizeOf, stridesOf } from '../../tensor.js';
import { stridedIndices } from './broadcasting.js';
import type { Kernel, OperationOf } from './kernel.js';

/** The mean over `axes`; without `keepDims` the averaged axes disappear. */
export const reduceMean: Kernel<OperationOf<'reduceMean'>> = {
  forward({ axes }, [x], shape, allocate) {
    const to = keptIndices(x.shape, axes);
    const sums = new Float64Array(sizeOf(shape));
    for (let i = 0; i < x.data.length; i++) sums[to[i]] += x.data[i];
    const count = x.data.length / sums.length;
    const output = allocate(shape);
    for (let o = 0; o < sums.length; o++) output.data[o] = sums[o] / count;
    return output;
  },
  backward({ operation: { axes }, inputs: [x], gradient }, allocate) {
    const to = keptIndices(x.shape, axes);
    const count = x.data.length / gradient.data.length;
    const result = allocate(x.shape);
    for (let i = 0; i < x.data.length; i++) result.data[i] = gradient.data[to[i]] / count;
    return [result];
  },
};

/** For every element of `shape`, the flat index of the output element that it is averaged into. */
function keptIndices(shape: readonly number[], axes: readonly number[]): Int32Array {
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const strides = stridesOf(kept).map((stride, axis) => (axes.includes(axis) ? 0 : stride));
  return stridedIndices(shape, strides, 0);
}
