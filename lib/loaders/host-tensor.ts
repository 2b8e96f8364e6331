import { SmugError } from '../errors.js';
import { sizeOf, type Tensor } from '../tensor.js';

/**
 * A tensor whose values are known while a file is being read: weights (float32) and the whole numbers that
 * describe shapes (float64, exact to 2⁵³). `integer` decides how division rounds.
 */
export interface HostTensor {
  data: Float32Array | Float64Array;
  shape: number[];
  integer: boolean;
}

/** Values folded from nothing but a shape (ConstantOfShape, Expand, Range, …) may not grow beyond this. */
export const MAX_FOLDED = 2 ** 26;

export function integers(values: readonly number[], shape: number[] = [values.length]): HostTensor {
  return { data: Float64Array.from(values), shape, integer: true };
}

export function toFloat32(tensor: HostTensor): Tensor {
  const data = tensor.data instanceof Float32Array ? tensor.data : Float32Array.from(tensor.data);
  return { data, shape: tensor.shape };
}

/** Allocates the result of a fold, refusing sizes that no honest file needs. */
export function allocate(shape: readonly number[], like: HostTensor, label: string): HostTensor {
  const size = sizeOf(shape);
  if (!shape.every((dimension) => Number.isSafeInteger(dimension) && dimension >= 0) || size > MAX_FOLDED)
    throw new SmugError('BAD_MODEL', `${label}: would make a constant of shape [${shape.join(', ')}].`);
  const data = like.data instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);
  return { data, shape: [...shape], integer: like.integer };
}
