/** A dense float32 array, row-major. `data.length` is the product of `shape` (1 for a scalar, shape `[]`). */
export interface Tensor {
  data: Float32Array;
  shape: number[];
}

export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (const dimension of shape) size *= dimension;
  return size;
}

/** Row-major strides, in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

export function zeros(shape: readonly number[]): Tensor {
  return { data: new Float32Array(sizeOf(shape)), shape: [...shape] };
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dimension, axis) => dimension === b[axis]);
}

/** Tensors of batch size 1 as one batch. */
export function stacked(tensors: readonly Tensor[]): Tensor {
  const shape = [tensors.length, ...tensors[0].shape.slice(1)];
  const data = new Float32Array(sizeOf(shape));
  tensors.forEach((tensor, at) => data.set(tensor.data, at * tensor.data.length));
  return { data, shape };
}
