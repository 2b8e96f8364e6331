import { dataInputs, type ModelFile, type ModelInput, type WordsGiven } from '../loaders/model.js';
import type { Tensor } from '../tensor.js';
import { SmugError } from '../errors.js';
import type { Model } from './model.js';

/** Where a text stands in a row of positions. */
export interface TextPlace {
  positions: number;
  /** How many positions at one end are padding. */
  padding: number;
  side: 'start' | 'end';
  /** The index of padding. */
  index: number;
}

/**
 * The inputs that text models have beside the words, by the names that Hugging Face (and Google's BERT) gave them, and
 * what they hold for one text: which positions are real, that all are of the first sentence, and their numbers.
 */
const meanings: Readonly<Record<string, (real: boolean, number: number) => number>> = {
  attention_mask: Number,
  input_mask: Number,
  token_type_ids: () => 0,
  segment_ids: () => 0,
  position_ids: (real, number) => (real ? number : 0),
};

/** Models of one text's place kept for texts to come; each holds networks with all weights. */
const KEPT = 2;

/**
 * The one input of a text model that takes words, where all others are known by name.
 * @throws SmugError UNSUPPORTED_MODEL
 */
export function wordInput({ file }: Model): ModelInput {
  const inputs = dataInputs(file);
  const words = inputs.filter(({ name }) => !Object.hasOwn(meanings, name));
  // TensorFlow.js models have no values bound.
  if (words.length === 1 && (inputs.length === 1 || file.format === 'onnx')) return words[0];
  const listed = inputs.map(({ name }) => name).join(', ');
  throw new SmugError(
    'UNSUPPORTED_MODEL',
    `The model has the inputs ${listed}; texts need one for the words, beside which ${Object.keys(meanings).join(', ')} ` +
      'are known and filled in. Export it again with these names.',
  );
}

/** Whether a file of several inputs is one of texts. */
export function isTextModel({ file }: Model): boolean {
  return file.inputs.some(({ name }) => Object.hasOwn(meanings, name));
}

/** Whether the file asks for more than the words, or by the name of its input may ask where padding stands. */
export function takesMoreThanWords(model: Model): boolean {
  const inputs = dataInputs(model.file);
  return inputs.length > 1 || inputs[0]?.name === 'input_ids';
}

/** Whether a text model is told which positions are padding. */
export function readsMask({ file }: Model): boolean {
  return file.inputs.some(({ name }) => name === 'attention_mask' || name === 'input_mask');
}

/** A model as one text is given to it, with the words as its only input. */
export interface HeldModel {
  model: Model;
  /** The caller is done with it. */
  release: () => void;
}

interface KeptModel {
  model: Model;
  users: number;
}

const keptModels = new WeakMap<Model, Map<string, KeptModel>>();

/**
 * The model with everything bound that is not a word: the mask, sentence and number of every position are constants for a
 * text of known place, so that what the file computes from them is folded.
 */
export function holdTextModel(model: Model, place: TextPlace): HeldModel {
  const words = wordInput(model);
  if (!takesMoreThanWords(model)) return { model, release: () => undefined };
  const known = keptModels.get(model) ?? new Map<string, KeptModel>();
  keptModels.set(model, known);
  const key = JSON.stringify(place);
  const kept = known.get(key) ?? { model: model.derive(fileForText(model.file, words, place)), users: 0 };
  known.delete(key);
  known.set(key, kept);
  kept.users++;
  dropUnused(model, known);
  let held = true;
  return {
    model: kept.model,
    release: () => {
      if (held) kept.users--;
      held = false;
      dropUnused(model, known);
    },
  };
}

/** The longest unused go first; those in use stay. */
function dropUnused(model: Model, known: Map<string, KeptModel>): void {
  for (const [key, { model: derived, users }] of known) {
    if (known.size <= KEPT) return;
    if (users > 0) continue;
    known.delete(key);
    model.forget(derived);
  }
}

function fileForText(file: ModelFile, words: ModelInput, place: TextPlace): ModelFile {
  const { positions, padding, side, index } = place;
  const first = side === 'start' ? padding : 0;
  const real = Uint8Array.from({ length: positions }, (_, at) =>
    Number(at >= first && at < first + positions - padding),
  );
  const shape = [1, positions];
  const others = file.inputs.filter((input) => input.name !== words.name);
  const values = new Map<string, Tensor>();
  for (const input of others) {
    const { name } = input;
    const meaning = meanings[name];
    if (meaning === undefined) continue;
    checkRow(input, shape);
    const data = Float32Array.from(real, (one, at) => meaning(one === 1, at - first));
    values.set(name, { data, shape });
  }
  const given: WordsGiven = { padding: index, real };
  return {
    ...file,
    inputs: file.inputs
      .filter(({ name }) => !values.has(name))
      .map((input) => (input === words ? { ...input, shape } : input)),
    instantiate: (inputShapes, bound = new Map()) =>
      file.instantiate(inputShapes, new Map([...values, ...bound]), new Map([[words.name, given]])),
  };
}

function checkRow({ name, shape: declared, unshaped }: ModelInput, shape: readonly number[]): void {
  const fits = declared.length === 2 && declared.every((size, axis) => size < 0 || size === shape[axis]);
  if (fits || unshaped) return;
  const shown = declared.map((size) => (size < 0 ? '?' : size)).join(', ');
  throw new SmugError(
    'UNSUPPORTED_MODEL',
    `Input '${name}' has shape [${shown}]; one number per word is expected, [${shape.join(', ')}]. Export the model again ` +
      'with all its inputs of one length, [batch, words].',
  );
}
