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

/**
 * How many numbers may be folded while one graph is built: a fixed allowance, and a few copies of what the file
 * itself holds. It stops small files that would blow up (ConstantOfShape, Expand, doubling by Concat, …).
 */
export class FoldBudget {
  #remaining: number;

  constructor(storedNumbers: number) {
    this.#remaining = 2 ** 24 + 4 * storedNumbers;
  }

  /** Call before making a constant of this shape. @throws SmugError BAD_MODEL */
  take(shape: readonly number[], label: string): void {
    const size = sizeOf(shape);
    const possible = shape.every((dimension) => Number.isSafeInteger(dimension) && dimension >= 0);
    if (!possible || size > this.#remaining)
      throw new SmugError(
        'BAD_MODEL',
        `${label}: would make a constant of shape [${shape.join(', ')}], which is impossible or out of proportion to the file.`,
      );
    this.#remaining -= size;
  }
}

export function integers(values: readonly number[], shape: number[] = [values.length]): HostTensor {
  return { data: Float64Array.from(values), shape, integer: true };
}

export function toFloat32(tensor: HostTensor): Tensor {
  const data = tensor.data instanceof Float32Array ? tensor.data : Float32Array.from(tensor.data);
  return { data, shape: tensor.shape };
}
