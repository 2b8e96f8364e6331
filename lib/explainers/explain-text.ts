import { settingsFor } from '../api/options.js';
import { findDeclarations } from '../input/declarations.js';
import { findVocabulary, wordIndices } from '../input/vocabulary.js';
import { badOption, SmugError, wrongType } from '../errors.js';
import type { Model } from '../model.js';
import { textGeometry } from '../masks/cells.js';
import { explainInput } from './explain-input.js';
import { explanationDocument, type TextExplanation } from './explanation.js';
import { soleInput } from './first-layer.js';
import type { ExplainTextOptions } from './options.js';

const DEFAULT_TOP_K = 100;

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
  if (typeof text !== 'string') throw wrongType('text', text, 'a string');
  const settings = settingsFor(['explain', 'text'], options);
  const { window, onProgress } = settings;
  if (window !== undefined && window !== 1)
    throw badOption('window', window, '1 for texts, where every word has its own variable');
  const startedAt = performance.now();
  onProgress?.({ phase: 'reading' });
  const declarations = await findDeclarations(model.file.path, { classNames: settings.classNames });
  const vocabulary = await findVocabulary(model.file.path, settings);
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
    settings,
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
