import { endsInOneSigmoid } from '../graph/tail-end.js';
import type { ClassNames } from '../input/class-names.js';
import type { Tensor } from '../tensor.js';
import type { Model } from './model.js';
import { shapesOfInput } from './sole-input.js';

/**
 * What a model says of each class of one input, as the file gives it. One output stands for two classes, as where it is explained: a
 * sigmoid p for 1 − p and p; any other value z, where the model has the names of two classes, for −z and z.
 */
export async function classOutputs(
  model: Model,
  input: Tensor,
  names: ClassNames | null,
): Promise<Float32Array> {
  const [{ data }] = await model.predict([input]);
  if (data.length !== 1) return data;
  const [one] = data;
  if (endsInOneSigmoid(model.graphFor(1, shapesOfInput(model, input)))) return Float32Array.of(1 - one, one);
  return names?.length === 2 ? Float32Array.of(-one, one) : data;
}
