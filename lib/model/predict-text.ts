import { settingsFor, type Options } from '../api/options.js';
import type { PredictionDocument } from '../api/prediction.js';
import { throwIfAborted, wrongType } from '../errors.js';
import type { Model } from './model.js';
import { withModelText } from './model-text.js';
import { predictClasses } from './predict-classes.js';

/** Options of `predictText`; what each means and its default stand in `lib/api/options.ts`. */
export type PredictTextOptions = Omit<Options<'predict' | 'text'>, 'blankWord' | 'requireClass'>;

/**
 * Runs a model on one text and names its best classes, by the words and class names declared for the model.
 *
 * @returns confidences as `predictClasses` has them, highest first, equal ones by index
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
  const startedAt = performance.now();
  throwIfAborted(settings.signal);
  return withModelText(model, text, settings, ({ model: held, tensor, classNames }) =>
    predictClasses(held, { input: text, tensor, classNames, startedAt }, settings.top),
  );
}
