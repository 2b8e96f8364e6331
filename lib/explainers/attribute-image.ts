import type { AttributionDocument } from '../api/attribution.js';
import { settingsFor } from '../api/options.js';
import { throwIfAborted } from '../errors.js';
import type { Model } from '../model/model.js';
import { readModelImage, type ImageSource } from '../model/model-image.js';
import type { Tensor } from '../tensor.js';
import { animationNotes } from './animation-notes.js';
import { attributeInput } from './attribute.js';
import type { AttributeImageOptions } from './options.js';

/** What the nodes of a model's first layer are worth on one image. */
export interface ImageAttribution extends AttributionDocument {
  /** One score per first-layer node, `[1, …]`, in the model file's own layout. */
  scores: Tensor;
  /** The document of `smug attribute --json`. */
  toJSON(): AttributionDocument;
}

/**
 * Scores the nodes of a model's first layer on one image, by the preprocessing and class names declared for the model.
 *
 * @throws TypeError / RangeError naming the option; SmugError as `explainImage`
 */
export async function attributeImage(
  model: Model,
  image: ImageSource,
  options: AttributeImageOptions = {},
): Promise<ImageAttribution> {
  const settings = settingsFor(['attribute', 'image'], options);
  const start = performance.now();
  throwIfAborted(settings.signal);
  settings.onProgress?.({ phase: 'reading' });
  const { name, picture, prepared, baselines, declarations } = await readModelImage(model, image, settings);
  const loaded = performance.now();
  const { scores, target, notes, ...result } = await attributeInput(
    model,
    prepared.tensor,
    settings,
    declarations.classNames,
    baselines,
  );
  const end = performance.now();
  const document: AttributionDocument = {
    input: name,
    model: model.file.source,
    target,
    attribution: { method: settings.attribution, ...result, topKStability: null, shape: scores.shape },
    notes: [...animationNotes(picture), ...notes],
    engine: model.engine.name,
    timing: { loadMs: loaded - start, attributionMs: end - loaded, totalMs: end - start },
    files: [],
  };
  const attribution: ImageAttribution = {
    ...document,
    scores,
    toJSON: () => ({ ...document, files: attribution.files }),
  };
  return attribution;
}
