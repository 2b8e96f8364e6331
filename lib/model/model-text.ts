import { SmugError } from '../errors.js';
import type { ClassNames } from '../input/class-names.js';
import { findDeclarations, type DeclarationOptions } from '../input/declarations.js';
import { arrangeText, type ArrangedText } from '../input/text/arrange-words.js';
import { findTokenizer, type TokenizerOptions } from '../input/text/find-tokenizer.js';
import type { Tokenizer } from '../input/text/tokenizer.js';
import type { Model } from './model.js';
import type { Tensor } from '../tensor.js';
import { soleInput } from './sole-input.js';

/** A text on its way into a model. */
export interface ModelText {
  /** [1, positions]: indices of words. */
  tensor: Tensor;
  arranged: ArrangedText;
  tokenizer: Tokenizer;
  classNames: ClassNames | null;
}

/** More positions than any first layer needs at least. */
const MOST_NEEDED = 64;

/**
 * Turns a text into the model's input, by the words declared for the model.
 * @throws SmugError UNSUPPORTED_MODEL for a model whose input is no row of word indices; as `findTokenizer` and
 *   `arrangeText`
 */
export async function readModelText(
  model: Model,
  text: string,
  options: TokenizerOptions & Pick<DeclarationOptions, 'classNames'>,
): Promise<ModelText> {
  const { classNames: given, tokenizer: stated, vocabulary, unknownIndex, paddingIndex, lowerCase } = options;
  const length = textLength(model);
  const { classNames } = await findDeclarations(model.file.path, { classNames: given });
  const settings = { tokenizer: stated, vocabulary, unknownIndex, paddingIndex, lowerCase };
  const tokenizer = await tokenizerOf(model, settings);
  let arranged = arrangeText(text, tokenizer, length);
  if (length < 0) {
    const { positions } = arranged.counts;
    const least = leastPositions(model, positions);
    if (least > positions) arranged = arrangeText(text, tokenizer, length, least);
  }
  const tensor = { data: arranged.indices, shape: [1, arranged.indices.length] };
  return { tensor, arranged, tokenizer, classNames };
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

/** Positions of the model's input; −1 where its file leaves them open. */
function textLength(model: Model): number {
  const { shape, unshaped } = soleInput(model);
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
