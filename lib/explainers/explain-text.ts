import { settingsFor } from '../api/options.js';
import { badOption, throwIfAborted, wrongType } from '../errors.js';
import type { Model } from '../model/model.js';
import { textGeometry } from '../masks/cells.js';
import { defaultTextTopK } from './default-sizes.js';
import { explainInput } from './explain-input.js';
import { explanationDocument, type TextExplanation } from './explanation.js';
import { withModelText, type ModelText } from '../model/model-text.js';
import type { ExplainTextOptions, ExplainTextSettings } from './options.js';
import { BlankedText } from './text/blanked-text.js';
import { checkRequireClass, sufficiencyOf, type MaskedOutputs } from './sufficiency.js';
import { explainedOutput } from './target.js';

/**
 * Explains which words a text model needs: the first layer is a 1-D convolution (or a dense layer) over embedded
 * words, one mask variable per word. A masked word is the zero vector there; padding and special tokens are no words,
 * have no variable and stay as the model sees them.
 *
 * With one sigmoid output p, what is explained is p where p ≥ 0.5, else 1 − p.
 *
 * @param text one text; how it is split into words and looked up is declared beside the model (`docs/text.md`). What is
 *   longer than the model's input is cut, and `text.cut` says so.
 * @throws as `explainImage`; BAD_OPTION where no words are declared; BAD_INPUT for a text without a word
 */
export async function explainText(
  model: Model,
  text: string,
  options: ExplainTextOptions = {},
): Promise<TextExplanation> {
  if (typeof text !== 'string') throw wrongType('text', text, 'a string');
  const settings = settingsFor(['explain', 'text'], options);
  const { window, signal, onProgress } = settings;
  if (window !== 'auto' && window !== 1)
    throw badOption('window', window, '1 for texts, where every word has its own variable');
  const startedAt = performance.now();
  throwIfAborted(signal);
  onProgress?.({ phase: 'reading' });
  checkRequireClass(settings);
  return withModelText(model, text, settings, (read) => explainWords(text, read, settings, startedAt));
}

async function explainWords(
  text: string,
  read: ModelText,
  settings: ExplainTextSettings,
  startedAt: number,
): Promise<TextExplanation> {
  const { model, tensor, arranged, classNames } = read;
  const { words, wordAt, counts } = arranged;
  const { signal } = settings;
  const { explained } = await explainInput(model, { tensor, classNames, startedAt }, settings, {
    topK: defaultTextTopK,
    window: () => 1,
    geometry: (layer) => textGeometry(layer, tensor.data.length),
    words: { words: words.length, wordAt },
  });
  const { mask, baseSaliency, target } = explained;
  const output = explainedOutput(target);
  const blanked = new BlankedText(read, output, settings.blankWord);
  const { blankWord, requireClass } = settings;
  const outputs: MaskedOutputs = (masks) => blanked.outputs(masks, signal);
  const [whole] = await outputs([new Uint8Array(words.length).fill(1)]);
  const question = {
    outputs,
    before: output.valueOf(whole),
    mask: mask.cells,
    scores: baseSaliency,
    explained: output,
  };
  const sufficiency = { blankWord, ...(await sufficiencyOf({ ...question, requireClass, signal })) };
  const explanation: TextExplanation = {
    input: text,
    source: text,
    ...explained,
    words: words.map(({ word, start, end, unknown, positions }, at) => ({
      word,
      start,
      end,
      kept: explained.mask.cells[at] === 1,
      score: explained.saliency[at],
      baseScore: explained.baseSaliency[at],
      unknown,
      pieces: positions.length,
    })),
    text: counts,
    sufficiency,
    toJSON: () => explanationDocument(explanation),
  };
  return explanation;
}
