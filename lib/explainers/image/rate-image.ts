import type { ImageMethodName } from '../../api/methods.js';
import { settingsFor } from '../../api/options.js';
import { badOption, throwIfAborted } from '../../errors.js';
import type { Model } from '../../model/model.js';
import { readModelImage, type ImageSource, type ModelImage } from '../../model/model-image.js';
import { shapesOfInput } from '../../model/sole-input.js';
import type { Rating } from '../explainer.js';
import type { ExplainOptions, ExplainSettings } from '../options.js';
import { chooseTarget, type Target } from '../target.js';
import type { ImageTask } from './image-task.js';
import { imageMethods } from './methods.js';

/** What a method says of an image's pixels. */
export interface RatedImage extends Rating {
  method: ImageMethodName;
  target: Target;
  /** Sides of the model's input; scores and choice are row-major over it. */
  height: number;
  width: number;
  /** Of the method alone, without reading the image. */
  seconds: number;
}

/**
 * Rates an image's pixels by SMUG or what it is compared with, for the same class and network.
 * @throws as `explainImage`
 */
export async function rateImage(
  model: Model,
  image: ImageSource,
  method: ImageMethodName,
  options: ExplainOptions = {},
): Promise<RatedImage> {
  const settings = settingsFor(['explain', 'image', 'hide'], options);
  throwIfAborted(settings.signal);
  settings.onProgress?.({ phase: 'reading' });
  const task = await imageTask(model, await readModelImage(model, image, settings), settings);
  return rateTask(task, method);
}

/** What every method starts from: the image read, the network that reads it, and its class. */
export async function imageTask(
  model: Model,
  image: ModelImage,
  settings: ExplainSettings & { blank: string },
): Promise<ImageTask> {
  if (settings.output === 'value')
    throw badOption('output', 'value', 'auto, probability or logit: these methods compare classes');
  const { tensor } = image.prepared;
  const graph = model.explained('probability', shapesOfInput(model, tensor));
  const network = await model.compile(graph);
  const [{ data }] = await network.forward([tensor], { signal: settings.signal });
  const target = chooseTarget(data, image.declarations.classNames, settings);
  return { model, image, target, network, graph, settings };
}

export async function rateTask(task: ImageTask, method: ImageMethodName): Promise<RatedImage> {
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
