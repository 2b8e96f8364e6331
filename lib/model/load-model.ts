import { settingsFor, type Options } from '../api/options.js';
import type { Engine } from '../engines/engine.js';
import { chooseEngine } from '../engines/choose-engine.js';
import { loadModelFile } from '../loaders/load-model-file.js';
import { graphOfOneSample, Model } from './model.js';

export interface LoadModelOptions extends Omit<Options<'load'>, 'engine'> {
  /** Which engine runs the network, by name or one made by the caller. Default: SMUG_ENGINE, else the fastest there is. */
  engine?: Options<'load'>['engine'] | Engine;
}

/**
 * Reads a model and picks the engine that will run it.
 *
 * @param source an `.onnx` file, a TensorFlow.js `model.json`, a folder with one of them, or `builtin:NAME`
 * @throws SmugError FILE_NOT_FOUND, BAD_MODEL, BAD_WEIGHTS, UNSUPPORTED_MODEL, UNSUPPORTED_OPERATOR,
 *   ENGINE_UNAVAILABLE; TypeError or RangeError that names an option
 */
export async function loadModel(source: string, options: LoadModelOptions = {}): Promise<Model> {
  const own = typeof options.engine === 'object' ? options.engine : undefined;
  const settings = settingsFor(['load'], own ? { ...options, engine: undefined } : options);
  const file = await loadModelFile(source);
  const { engine: requested, threads, memoryBudget, precision } = settings;
  // The caller's engine has its own number of threads, unless one is given here.
  if (own) return new Model(file, own, { memoryBudget, precision, threads: options.threads });
  const graph = graphOfOneSample(file);
  const { engine, reason } = await chooseEngine(requested, { threads, memoryBudget, precision }, graph);
  return new Model(file, engine, { memoryBudget, precision }, reason, graph);
}
