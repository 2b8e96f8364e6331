import { SmugError } from '../errors.js';
import type { ClassNames } from '../input/class-names.js';
import { findDeclarations, type DeclarationOptions } from '../input/declarations.js';
import { arrangeText, type ArrangedText } from '../input/text/arrange-words.js';
import { findTokenizer, type TokenizerOptions } from '../input/text/find-tokenizer.js';
import { longestText } from '../input/text/longest-text.js';
import type { Tokenizer } from '../input/text/tokenizer.js';
import type { Model } from './model.js';
import type { Tensor } from '../tensor.js';
import { soleInput } from './sole-input.js';
import { holdTextModel, readsMask, takesMoreThanWords, wordInput } from './text-inputs.js';

/** A text on its way into a model. */
export interface ModelText {
  /** [1, positions]: indices of words. */
  tensor: Tensor;
  arranged: ArrangedText;
  tokenizer: Tokenizer;
  classNames: ClassNames | null;
  /** The model with the words as its one input; all else that it takes is bound to what it is for this text. */
  model: Model;
}

type ReadOptions = TokenizerOptions & Pick<DeclarationOptions, 'classNames'>;

/** More positions than any first layer needs at least. */
const MOST_NEEDED = 64;

/**
 * Turns a text into the model's input, by the words declared for the model. Where the file leaves the length open and the
 * model is told what padding is, a text has its own length and none.
 * @param use may use `ModelText.model` until it is done
 * @throws SmugError UNSUPPORTED_MODEL for a model whose input is no row of word indices; as `findTokenizer` and
 *   `arrangeText`
 */
export async function withModelText<Result>(
  model: Model,
  text: string,
  options: ReadOptions,
  use: (read: ModelText) => Promise<Result>,
): Promise<Result> {
  const read = await readModelText(model, text, options);
  const { positions, padding } = read.arranged.counts;
  const place = { positions, padding, ...read.tokenizer.padding };
  const { model: held, release } = holdTextModel(model, place);
  try {
    return await use({ ...read, model: held });
  } finally {
    release();
  }
}

/** The same for a model whose only input is the words. */
export async function readModelText(model: Model, text: string, options: ReadOptions): Promise<ModelText> {
  const { classNames: given, tokenizer: stated, vocabulary, unknownIndex, paddingIndex, lowerCase } = options;
  const length = textLength(model);
  const { classNames } = await findDeclarations(model.file.path, { classNames: given });
  const settings = { tokenizer: stated, vocabulary, unknownIndex, paddingIndex, lowerCase };
  const declared = await tokenizerOf(model, settings);
  const longest = Math.min(declared.maxLength ?? Infinity, await longestOf(model));
  const tokenizer: Tokenizer = {
    ...declared,
    maxLength: longest === Infinity ? null : longest,
    padTo: readsMask(model) ? null : declared.padTo,
  };
  let arranged = arrangeText(text, tokenizer, length);
  if (length < 0 && !takesMoreThanWords(model)) {
    const { positions } = arranged.counts;
    const least = leastPositions(model, positions);
    if (least > positions) arranged = arrangeText(text, tokenizer, length, least);
  }
  const tensor = { data: arranged.indices, shape: [1, arranged.indices.length] };
  return { tensor, arranged, tokenizer, classNames, model };
}

/** Read once per model and choice of options: a vocabulary takes longer to read than a text to explain. */
const tokenizers = new WeakMap<Model, Map<string, Promise<Tokenizer>>>();

function tokenizerOf(model: Model, options: TokenizerOptions): Promise<Tokenizer> {
  const { tokenizer, vocabulary } = options;
  if (typeof tokenizer === 'object' || typeof vocabulary === 'object')
    return findTokenizer(model.file.path, options);
  const known = tokenizers.get(model) ?? new Map<string, Promise<Tokenizer>>();
  tokenizers.set(model, known);
  const key = JSON.stringify(options);
  const reading = known.get(key) ?? findTokenizer(model.file.path, options);
  known.set(key, reading);
  reading.catch(() => known.delete(key));
  return reading;
}

const limits = new WeakMap<Model, Promise<number>>();

function longestOf(model: Model): Promise<number> {
  const limit = limits.get(model) ?? longestText(model.file.path);
  limits.set(model, limit);
  return limit;
}

/** Positions of the model's input; −1 where its file leaves them open. */
function textLength(model: Model): number {
  const { shape, unshaped } = wordInput(model);
  if (shape.length === 2 && !unshaped) return shape[1];
  throw new SmugError(
    'UNSUPPORTED_MODEL',
    'Texts need a model whose input is a row of word indices, [batch, words]; ' +
      `this one has ${unshaped ? 'an input of any shape' : `[${shape.join(', ')}]`}.`,
  );
}

/** The number of positions, from `positions` up, with which a model of open length can be built: a window must fit. */
function leastPositions(model: Model, positions: number): number {
  const { name } = soleInput(model);
  for (let least = positions; least < MOST_NEEDED; least++) {
    try {
      model.graphFor(1, new Map([[name, [1, least]]]));
      return least;
    } catch (error) {
      if (!(error instanceof SmugError) || error.code !== 'BAD_MODEL') throw error;
    }
  }
  return positions;
}
