import { option } from '../api/option.js';
import { Type } from '../api/schema.js';
import { loadModel } from '../model/load-model.js';
import type { Model } from '../model/model.js';
import type { Invocation } from './command.js';
import { optionsFor } from './flags.js';

/** What every command that runs a model must be told. */
export const modelOption = option({
  schema: Type.String(),
  help: 'model: an .onnx file, a model.json, a folder with one, or builtin:mnist-cnn, builtin:mnist-fc, builtin:reviews-cnn (texts)',
  calls: [],
  placeholder: 'M',
});

/** Loads the model that the command line names. */
export function loadNamedModel({ own, given }: Invocation<{ model: string }>): Promise<Model> {
  return loadModel(own.model, optionsFor(['load'], given));
}
