import { basename, dirname } from 'node:path';
import { badOption, SmugError } from '../errors.js';
import type { ClassNames } from '../input/class-names.js';
import { findDeclarations } from '../input/declarations.js';
import { loadModel, type LoadModelOptions } from '../model/load-model.js';
import type { Model } from '../model/model.js';

export interface ServedModel {
  name: string;
  model: Model;
  /** Of the input, −1 where it is open. */
  inputShape: number[];
  takes: 'image' | 'text';
  classNames: ClassNames | null;
}

/** A name that every protocol can have in a path. */
const NAME = /^[\w-]+$/;

/** `NAME=M`, or M alone, which is then named after its file. */
function named(declared: string): { name: string; source: string } {
  const at = declared.indexOf('=');
  if (at > 0 && NAME.test(declared.slice(0, at)))
    return { name: declared.slice(0, at), source: declared.slice(at + 1) };
  const stem = declared.startsWith('builtin:') ? declared.slice('builtin:'.length) : basename(declared);
  const file = /^model\.(json|onnx)$/.test(stem) ? basename(dirname(declared)) : stem.replace(/\.\w+$/, '');
  const name = file.replace(/[^\w-]+/g, '-');
  return { name: NAME.test(name) ? name : 'model', source: declared };
}

/**
 * Loads the models of a service.
 * @throws as `loadModel`; RangeError for two of one name
 */
export async function loadServedModels(
  declared: readonly string[],
  options: LoadModelOptions,
): Promise<Map<string, ServedModel>> {
  const models = new Map<string, ServedModel>();
  for (const one of declared) {
    const { name, source } = named(one);
    if (models.has(name))
      throw badOption('model', one, `of another name than '${name}', as in NAME=${source}`);
    const model = await loadModel(source, options);
    const [input] = model.file.inputs;
    const inputShape = [...(input?.shape ?? [])];
    const { preprocessor, classNames } = await findDeclarations(model.file.path);
    // A row of numbers without an image's declaration is one of words.
    const takes = preprocessor === null && inputShape.length === 2 ? 'text' : 'image';
    models.set(name, { name, model, inputShape, takes, classNames });
  }
  return models;
}

/** The model of that name, or the only one. @throws SmugError UNKNOWN_MODEL */
export function findModel(models: ReadonlyMap<string, ServedModel>, name: string | undefined): ServedModel {
  const found =
    name === undefined ? (models.size === 1 ? [...models.values()][0] : undefined) : models.get(name);
  if (found) return found;
  const known = [...models.keys()].join(', ');
  throw new SmugError(
    'UNKNOWN_MODEL',
    name === undefined
      ? `Several models are served: name one of ${known}.`
      : `There is no model '${name.slice(0, 100)}'; there are ${known}.`,
  );
}
