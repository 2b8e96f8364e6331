import { loadModel } from '../model/load-model.js';
import type { Model } from '../model/model.js';
import type { Invocation } from './command.js';
import { optionsFor } from './flags.js';

/** Loads the model that the command line names. */
export function loadNamedModel({ own, given }: Invocation<{ model: string }>): Promise<Model> {
  return loadModel(own.model, optionsFor(['load'], given));
}
