import { SmugError, wrongType } from '../errors.js';
import { sizeOf, type Tensor } from '../tensor.js';

/**
 * A tensor from a caller, as it is, once it is sure to be one.
 * @param name of the argument, for messages
 * @throws TypeError where it is no tensor; SmugError BAD_INPUT where its values do not fit its shape or are not finite
 */
export function checkTensor(name: string, tensor: unknown): Tensor {
  const { data, shape } = (tensor ?? {}) as Partial<Tensor>;
  if (!(data instanceof Float32Array) || !Array.isArray(shape))
    throw wrongType(name, tensor, 'a tensor { data: Float32Array, shape: number[] }');
  if (data.length !== sizeOf(shape))
    throw new SmugError(
      'BAD_INPUT',
      `${name} has ${data.length} values, but its shape [${shape.join(', ')}] needs ${sizeOf(shape)}.`,
    );
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new SmugError('BAD_INPUT', `${name} holds ${data[bad]} at position ${bad}; values must be finite.`);
  return { data, shape };
}
