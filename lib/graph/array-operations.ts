import { sizeOf, stridesOf } from '../tensor.js';
import { broadcastShapes, broadcastStrides } from './broadcast.js';

/** A row-major array of known values, in either precision; results keep the precision of their operands. */
export interface NumericArray {
  data: Float32Array | Float64Array;
  shape: number[];
}

function like(array: NumericArray, size: number): Float32Array | Float64Array {
  return array.data instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);
}

/** Reads `array` along arbitrary strides: the common core of transposing, slicing and broadcasting. */
function readStrided(
  array: NumericArray,
  shape: readonly number[],
  strides: readonly number[],
  start = 0,
): NumericArray {
  const size = sizeOf(shape);
  const data = like(array, size);
  const index = new Array<number>(shape.length).fill(0);
  let at = start;
  for (let i = 0; i < size; i++) {
    data[i] = array.data[at];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis];
      if (++index[axis] < shape[axis]) break;
      at -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return { data, shape: [...shape] };
}

export function transposeArray(array: NumericArray, perm: readonly number[]): NumericArray {
  const strides = stridesOf(array.shape);
  return readStrided(
    array,
    perm.map((axis) => array.shape[axis]),
    perm.map((axis) => strides[axis]),
  );
}

export function broadcastArray(array: NumericArray, shape: readonly number[]): NumericArray {
  return readStrided(array, shape, broadcastStrides(array.shape, shape));
}

/** `starts`, `ends`, `steps`: one entry an axis, resolved as in the graph's `slice`; the result may be empty. */
export function sliceArray(
  array: NumericArray,
  starts: readonly number[],
  ends: readonly number[],
  steps: readonly number[],
): NumericArray {
  const strides = stridesOf(array.shape);
  return readStrided(
    array,
    starts.map((start, axis) => Math.max(0, Math.ceil((ends[axis] - start) / steps[axis]))),
    strides.map((stride, axis) => stride * steps[axis]),
    starts.reduce((sum, start, axis) => sum + start * strides[axis], 0),
  );
}

export function concatArrays(arrays: readonly NumericArray[], axis: number): NumericArray {
  const [first] = arrays;
  const shape = first.shape.map((size, at) =>
    at === axis ? arrays.reduce((sum, a) => sum + a.shape[axis], 0) : size,
  );
  const data = like(first, sizeOf(shape));
  const outer = sizeOf(shape.slice(0, axis));
  let at = 0;
  for (let o = 0; o < outer; o++)
    for (const array of arrays) {
      const block = sizeOf(array.shape.slice(axis));
      data.set(array.data.subarray(o * block, (o + 1) * block), at);
      at += block;
    }
  return { data, shape };
}

/** array[indices] along `axis`; indices must be in range and non-negative. */
export function gatherArray(array: NumericArray, indices: NumericArray, axis: number): NumericArray {
  const shape = [...array.shape.slice(0, axis), ...indices.shape, ...array.shape.slice(axis + 1)];
  const data = like(array, sizeOf(shape));
  const outer = sizeOf(array.shape.slice(0, axis));
  const inner = sizeOf(array.shape.slice(axis + 1));
  let at = 0;
  for (let o = 0; o < outer; o++)
    for (const index of indices.data) {
      const from = (o * array.shape[axis] + index) * inner;
      data.set(array.data.subarray(from, from + inner), at);
      at += inner;
    }
  return { data, shape };
}

/** f(a, b) element by element with broadcasting; undefined when the shapes do not broadcast. */
export function combineArrays(
  a: NumericArray,
  b: NumericArray,
  f: (left: number, right: number) => number,
): NumericArray | undefined {
  const shape = broadcastShapes(a.shape, b.shape);
  if (shape === undefined) return undefined;
  const left = broadcastArray(a, shape).data;
  const right = broadcastArray(b, shape).data;
  const data = like(a.data instanceof Float64Array ? a : b, left.length);
  for (let i = 0; i < data.length; i++) data[i] = f(left[i], right[i]);
  return { data, shape };
}
