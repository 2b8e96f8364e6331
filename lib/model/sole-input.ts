import { SmugError } from '../errors.js';
import { dataInputs, type ModelInput } from '../loaders/model.js';
import type { Model } from './model.js';
import { isTextModel } from './text-inputs.js';
import type { Tensor } from '../tensor.js';

/**
 * The model's one data input.
 * @throws SmugError UNSUPPORTED_MODEL where it has several
 */
export function soleInput(model: Model): ModelInput {
  const inputs = dataInputs(model.file);
  if (inputs.length === 1) return inputs[0];
  const texts = isTextModel(model)
    ? ' It reads texts: pass one to smug explain or smug predict (library: explainText, predictText).'
    : '';
  throw new SmugError(
    'UNSUPPORTED_MODEL',
    `The model has ${inputs.length} inputs (${inputs.map(({ name }) => name).join(', ')}); one is expected.${texts}`,
  );
}

/** Its shape in one call, where the file may leave dimensions open: what `Model.split` and `Model.explained` take. */
export function shapesOfInput(
  model: Model,
  { shape }: Pick<Tensor, 'shape'>,
): Map<string, readonly number[]> {
  return new Map([[soleInput(model).name, shape]]);
}
