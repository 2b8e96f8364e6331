import { settingsFor, type Options } from '../api/options.js';
import type { PredictionDocument } from '../api/prediction.js';
import { throwIfAborted, wrongType } from '../errors.js';
import { bestClasses } from './best-classes.js';
import { classOutputs } from './class-outputs.js';
import type { Model } from './model.js';
import { withModelText } from './model-text.js';

/** Options of `predictText`; what each means and its default stand in `lib/api/options.ts`. */
export type PredictTextOptions = Omit<Options<'predict' | 'text'>, 'blankWord' | 'requireClass'>;

/**
 * Runs a model on one text and names its best classes, by the words and class names declared for the model.
 *
 * @returns confidences as `classOutputs` has them, highest first, equal ones by index
 * @throws TypeError / RangeError naming the option; BAD_OPTION where no words are declared; SmugError BAD_INPUT for a text
 *   without a word, UNSUPPORTED_MODEL, ENGINE_FAILED, ABORTED
 */
export async function predictText(
  model: Model,
  text: string,
  options: PredictTextOptions = {},
): Promise<PredictionDocument> {
  if (typeof text !== 'string') throw wrongType('text', text, 'a string');
  const settings = settingsFor(['predict', 'text'], options);
  const start = performance.now();
  throwIfAborted(settings.signal);
  return withModelText(model, text, settings, async ({ model: held, tensor, classNames }) => {
    const loaded = performance.now();
    const outputs = await classOutputs(held, tensor, classNames);
    const predictions = bestClasses(outputs, settings.top, classNames);
    const end = performance.now();
    return {
      input: text,
      model: model.file.source,
      predictions,
      engine: model.engine.name,
      timing: { loadMs: loaded - start, predictMs: end - loaded, totalMs: end - start },
    };
  });
}
