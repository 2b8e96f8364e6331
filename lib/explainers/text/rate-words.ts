import { optionsOfTextMethods, textMethodNames, type TextMethodName } from '../../api/methods.js';
import { settingsFor } from '../../api/options.js';
import { refuseUnused } from '../../api/used-options.js';
import type { WordRatingDocument } from '../../api/word-rating.js';
import { badOption, throwIfAborted, wrongType } from '../../errors.js';
import type { Model } from '../../model/model.js';
import { withModelText, type ModelText } from '../../model/model-text.js';
import { defaultTextTopK } from '../default-sizes.js';
import { viewInput } from '../first-layer.js';
import type { ExplainTextSettings, RateWordsOptions } from '../options.js';
import { BlankedText } from './blanked-text.js';
import { textMethods } from './methods.js';
import type { WordRating } from './text-task.js';
import { explainedOutput } from '../target.js';

/** What another method than SMUG says of a text's words; `toJSON` gives the document of `smug explain --method`. */
export interface RatedText extends WordRatingDocument {
  /** The text itself. */
  source: string;
  toJSON(): WordRatingDocument;
}

/**
 * Rates a text's words by what SMUG is compared with, for the same class, words and network: `smug-base`, `sis`,
 * `integrated-gradients` or `gradients`.
 *
 * @throws as `explainText`; RangeError where there is no such method of texts, or it does not use an option that is given
 */
export async function rateWords(
  model: Model,
  text: string,
  method: TextMethodName,
  options: RateWordsOptions = {},
): Promise<RatedText> {
  if (typeof text !== 'string') throw wrongType('text', text, 'a string');
  if (!textMethodNames.includes(method))
    throw badOption('method', method, `one of texts: smug, ${textMethodNames.join(', ')}`);
  const settings = settingsFor(['explain', 'text', 'rate'], options);
  refuseUnused(optionsOfTextMethods, [method], options);
  if (settings.against !== undefined)
    throw badOption('against', settings.against, 'nothing: these methods explain one class by itself');
  const { signal, onProgress } = settings;
  const startedAt = performance.now();
  throwIfAborted(signal);
  onProgress?.({ phase: 'reading' });
  return withModelText(model, text, settings, (read) => rateRead(text, read, method, settings, startedAt));
}

async function rateRead(
  text: string,
  read: ModelText,
  method: TextMethodName,
  settings: ExplainTextSettings & { threshold?: number },
  startedAt: number,
): Promise<RatedText> {
  const { model, arranged } = read;
  const { words, wordAt, counts } = arranged;
  const { blankWord, tolerance } = settings;
  const loaded = performance.now();
  const view = await viewInput(model, read.tensor, settings, read.classNames);
  const topK = settings.topK === 'auto' ? defaultTextTopK(view.split.layer) : settings.topK;
  const rating = await textMethods[method]({
    model,
    text: read,
    cells: { words: words.length, wordAt },
    view,
    blanked: new BlankedText(read, explainedOutput(view.target), blankWord),
    settings: { ...settings, topK },
  });
  const document = {
    input: text,
    model: model.file.source,
    method,
    target: view.target,
    words: words.map(({ word, start, end, unknown, positions }, at) => ({
      word,
      start,
      end,
      kept: rating.kept === null ? null : rating.kept[at] === 1,
      score: rating.scores[at],
      unknown,
      pieces: positions.length,
    })),
    text: counts,
    parameters: {
      ...(method === 'smug-base' && { topK }),
      ...(method === 'sis' && { threshold: rating.threshold, blankWord }),
      ...(rating.steps !== undefined && { tolerance }),
    },
    ...(rating.subsets && { subsets: rating.subsets }),
    ...attributionOf(rating),
    engine: model.engine.name,
    timing: { loadMs: loaded - startedAt, totalMs: performance.now() - startedAt },
    files: [],
  };
  // Not as a spread: `input` and `files` may be set later by whoever read and wrote files.
  const rated: RatedText = {
    ...document,
    source: text,
    toJSON: () => {
      const { source: _source, toJSON: _toJSON, ...plain } = rated;
      return plain;
    },
  };
  return rated;
}

function attributionOf({ steps, completenessError }: WordRating): Pick<WordRatingDocument, 'attribution'> {
  return steps === undefined ? {} : { attribution: { steps, completenessError: completenessError ?? null } };
}
