import { findDeclarations } from '../input/declarations.js';
import { findVocabulary, wordIndices, type VocabularyOptions } from '../input/vocabulary.js';
import { SmugError } from '../errors.js';
import type { Model } from '../model.js';
import { textGeometry } from '../masks/cells.js';
import { explainInput } from './explain-input.js';
import { explanationDocument, type TextExplanation } from './explanation.js';
import { soleInput } from './first-layer.js';
import { checkExplainOptions, type ExplainOptions } from './options.js';

const DEFAULT_TOP_K = 100;

export interface ExplainTextOptions extends ExplainOptions, VocabularyOptions {}

/**
 * Explains which words a text model needs: the first layer is a 1-D convolution (or a dense layer) over embedded
 * words, one mask variable a word.
 *
 * @param text one text; it is split into words at white space and punctuation, and looked up in the vocabulary
 * @throws as `explainImage`; BAD_OPTION where no vocabulary is declared
 */
export async function explainText(
  model: Model,
  text: string,
  options: ExplainTextOptions = {},
): Promise<TextExplanation> {
  if (typeof text !== 'string') throw new TypeError(`text must be a string, got ${typeof text}`);
  const checked = checkExplainOptions(options, ['vocabulary', 'unknownIndex', 'paddingIndex', 'lowerCase']);
  if (checked.window !== undefined && checked.window !== 1)
    throw new RangeError(
      `window must be 1 for texts, where every word has its own variable; got ${checked.window}`,
    );
  const startedAt = performance.now();
  checked.onProgress?.({ phase: 'reading' });
  const declarations = await findDeclarations(model.file.path, checked);
  const vocabulary = await findVocabulary(model.file.path, checked);
  const name = soleInput(model);
  const { shape } = model.file.inputs.find((input) => input.name === name)!;
  if (shape.length !== 2)
    throw new SmugError(
      'UNSUPPORTED_MODEL',
      `explainText needs a model whose input is a row of word indices, [batch, words]; this one has [${shape.join(', ')}].`,
    );
  const { words, indices } = wordIndices(text, vocabulary, shape[1]);
  const tensor = { data: indices, shape: [1, indices.length] };
  const explained = await explainInput(
    model,
    { tensor, classNames: declarations.classNames, startedAt },
    checked,
    {
      topK: DEFAULT_TOP_K,
      window: () => 1,
      geometry: (layer) => textGeometry(layer, indices.length),
    },
  );
  const explanation: TextExplanation = {
    input: text,
    ...explained,
    words: words.map((word, at) => ({
      word,
      kept: explained.mask.cells[at] === 1,
      score: explained.saliency[at],
    })),
    toJSON: () => explanationDocument(explanation),
  };
  return explanation;
}
