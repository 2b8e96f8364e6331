import type { Engine } from './engines/engine.js';
import { chooseEngine, type EngineRequest, type EngineSettings } from './engines/choose-engine.js';
import { loadModelFile } from './loaders/load-model-file.js';
import { Model } from './model.js';

export interface LoadModelOptions extends EngineSettings {
  /** Which engine runs the network, by name or one made by the caller. Default: SMUG_ENGINE, else the fastest there is. */
  engine?: EngineRequest | Engine;
}

/**
 * Reads a model and picks the engine that will run it.
 *
 * @param source an `.onnx` file, a TensorFlow.js `model.json`, a folder with one of them, or `builtin:NAME`
 * @throws SmugError FILE_NOT_FOUND, BAD_MODEL, BAD_WEIGHTS, UNSUPPORTED_MODEL, UNSUPPORTED_OPERATOR,
 *   ENGINE_UNAVAILABLE; TypeError for an unknown option
 */
export async function loadModel(source: string, options: LoadModelOptions = {}): Promise<Model> {
  const { engine: requested, threads, memoryBudget, ...unknown } = options;
  const [name] = Object.keys(unknown);
  if (name !== undefined)
    throw new TypeError(`unknown option '${name}'; known are engine, threads, memoryBudget`);
  const file = await loadModelFile(source);
  if (typeof requested === 'object') return new Model(file, requested);
  const { engine } = await chooseEngine(requested, { threads, memoryBudget });
  return new Model(file, engine);
}
