import { settingsFor, type Options } from '../api/options.js';
import type { PredictionDocument } from '../api/prediction.js';
import type { Model } from './model.js';
import { readModelImage, type ImageSource } from './model-image.js';
import { predictClasses } from './predict-classes.js';

/** Options of `predictImage`; what each means and its default stand in `lib/api/options.ts`. */
export type PredictOptions = Options<'predict' | 'image'>;

/** A model's best classes for one image; plain values, the document of `smug predict --json`. */
export type ImagePrediction = PredictionDocument;

/**
 * Runs a model on one image and names its best classes, by the preprocessing and class names declared for the model.
 *
 * @returns confidences as `predictClasses` has them, highest first, equal ones by index
 * @throws TypeError / RangeError naming the option; SmugError FILE_NOT_FOUND, BAD_IMAGE, NO_PREPROCESSING,
 *   UNSUPPORTED_MODEL, ENGINE_FAILED, ABORTED
 */
export async function predictImage(
  model: Model,
  image: ImageSource,
  options: PredictOptions = {},
): Promise<ImagePrediction> {
  const settings = settingsFor(['predict', 'image'], options);
  const startedAt = performance.now();
  const { name, prepared, declarations } = await readModelImage(model, image, settings);
  const read = { input: name, tensor: prepared.tensor, classNames: declarations.classNames, startedAt };
  return predictClasses(model, read, settings.top);
}
