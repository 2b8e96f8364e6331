import { imageMethodNames, optionsOfImageMethods, type ImageMethodName } from '../../api/methods.js';
import type { ImageRatingDocument } from '../../api/image-rating.js';
import { settingsFor } from '../../api/options.js';
import { refuseUnused } from '../../api/used-options.js';
import { badOption, throwIfAborted } from '../../errors.js';
import type { Model } from '../../model/model.js';
import { readModelImage, type ImageSource, type ModelImage } from '../../model/model-image.js';
import { shapesOfInput } from '../../model/sole-input.js';
import type { Drawing } from '../drawing.js';
import type { Rating } from '../explainer.js';
import type { RateImageOptions } from '../options.js';
import { chooseTarget, type Target } from '../target.js';
import type { ImageSettings, ImageTask } from './image-task.js';
import { imageMethods } from './methods.js';

/** What a method says of an image's pixels. */
export interface Rated extends Rating {
  method: ImageMethodName;
  target: Target;
  /** Sides of the model's input; scores and choice are row-major over it. */
  height: number;
  width: number;
  /** Of the method alone, without reading the image. */
  seconds: number;
}

/** The same with all that pictures and files need; `toJSON` gives the document of `smug explain --method`. */
export interface RatedImage extends Rated {
  /** The path, or what kind of image it was. */
  input: string;
  drawing: Drawing;
  /** Files written for it; filled by whoever writes them. */
  files: string[];
  toJSON(): ImageRatingDocument;
}

/**
 * Rates an image's pixels by SMUG or what it is compared with, for the same class and network.
 * @throws as `explainImage`; RangeError where there is no such method of images, or it does not use an option that is given
 */
export async function rateImage(
  model: Model,
  image: ImageSource,
  method: ImageMethodName,
  options: RateImageOptions = {},
): Promise<RatedImage> {
  if (!imageMethodNames.includes(method))
    throw badOption('method', method, `one of images: ${imageMethodNames.join(', ')}`);
  const settings = settingsFor(['explain', 'image', 'hide', 'encode'], options);
  refuseUnused(optionsOfImageMethods, [method], options);
  const startedAt = performance.now();
  throwIfAborted(settings.signal);
  settings.onProgress?.({ phase: 'reading' });
  const read = await readModelImage(model, image, settings);
  const loaded = performance.now();
  const rated = await rateTask(await imageTask(model, read, settings), method);
  const { target, height, width, kept, seconds } = rated;
  const document: ImageRatingDocument = {
    ...{ input: read.name, model: model.file.source, method, target, height, width },
    kept: chosenOf(kept),
    parameters: {
      seed: settings.seed,
      ...(rated.completenessError != null && { tolerance: settings.tolerance }),
    },
    ...integralOf(rated),
    ...rated.encoding,
    engine: model.engine.name,
    timing: {
      loadMs: loaded - startedAt,
      methodMs: 1000 * seconds,
      totalMs: performance.now() - startedAt,
    },
    files: [],
  };
  const whole: RatedImage = {
    ...rated,
    input: read.name,
    drawing: drawingOf(read, rated),
    files: [],
    toJSON: () => ({ ...document, files: whole.files }),
  };
  return whole;
}

/** What a choice amounts to; null where there is none. */
export function chosenOf(kept: Uint8Array | null): ImageRatingDocument['kept'] {
  if (kept === null) return null;
  const pixels = kept.reduce((sum, one) => sum + one, 0);
  return { pixels, share: pixels / kept.length };
}

/** How the integral came out, of methods that integrate. */
export function integralOf({ steps, completenessError }: Rating): Pick<ImageRatingDocument, 'attribution'> {
  return steps === undefined ? {} : { attribution: { steps, completenessError: completenessError ?? null } };
}

/** Whether a rating is a choice and nothing more: every pixel that it keeps counts the same, as those of a box do. */
export function choosesOnly({ scores, kept }: Pick<Rating, 'scores' | 'kept'>): boolean {
  return kept !== null && scores.every((score, pixel) => score === kept[pixel]);
}

/** What is drawn of a rating: its choice over the picture, or where it only scores all of it; no heat where all count the same. */
export function drawingOf(
  { picture, prepared }: ModelImage,
  { scores, kept, height, width }: Pick<Rated, 'scores' | 'kept' | 'height' | 'width'>,
): Drawing {
  const cells = kept ?? new Uint8Array(scores.length).fill(1);
  const saliency = choosesOnly({ scores, kept }) ? new Float32Array(scores.length) : scores;
  return {
    ...{ image: picture, viewport: prepared.viewport, saliency },
    mask: { height, width, window: 1, cells },
  };
}

/** What every method starts from: the image read, the network that reads it, and its class. */
export async function imageTask(
  model: Model,
  image: ModelImage,
  settings: ImageSettings,
): Promise<ImageTask> {
  if (settings.output === 'value')
    throw badOption('output', 'value', 'auto, probability or logit: these methods compare classes');
  if (settings.against !== undefined)
    throw badOption('against', settings.against, 'nothing: these methods explain one class by itself');
  const { tensor } = image.prepared;
  const graph = model.explained('probability', shapesOfInput(model, tensor));
  const network = await model.compile(graph);
  const [{ data }] = await network.forward([tensor], { signal: settings.signal });
  const target = chooseTarget(data, image.declarations.classNames, settings);
  return { model, image, target, network, graph, settings };
}

/** What one method says of an image that is read already. */
export async function rateTask(task: ImageTask, method: ImageMethodName): Promise<Rated> {
  const start = performance.now();
  const rating = await imageMethods[method](task);
  const { height, width } = task.image.baselines;
  return {
    ...rating,
    method,
    target: task.target,
    height,
    width,
    seconds: (performance.now() - start) / 1000,
  };
}
