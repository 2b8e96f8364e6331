import { sizeOf, stridesOf } from '../../tensor.js';

/**
 * For every element of an array of shape `to`, the flat index of the element of an array of shape `from`
 * that numpy broadcasting puts there; null where the two are laid out alike.
 */
export function broadcastIndices(from: readonly number[], to: readonly number[]): Int32Array | null {
  if (sizeOf(from) === sizeOf(to)) return null;
  const ownStrides = stridesOf(from);
  const missing = to.length - from.length;
  const strides = to.map((_, axis) =>
    axis < missing || from[axis - missing] === 1 ? 0 : ownStrides[axis - missing],
  );
  return stridedIndices(to, strides, 0);
}

/** The flat index `offset + Σ coordinate·stride` of every element of `shape`, in row-major order. */
export function stridedIndices(
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
): Int32Array {
  let indices = Int32Array.of(offset);
  for (let axis = 0; axis < shape.length; axis++) {
    const grown = new Int32Array(indices.length * shape[axis]);
    let next = 0;
    for (const base of indices) {
      for (let i = 0; i < shape[axis]; i++) grown[next++] = base + i * strides[axis];
    }
    indices = grown;
  }
  return indices;
}
