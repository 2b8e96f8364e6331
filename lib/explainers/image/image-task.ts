import type { CompiledNetwork } from '../../engines/engine.js';
import type { Graph } from '../../graph/graph.js';
import type { Model } from '../../model/model.js';
import type { ModelImage } from '../../model/model-image.js';
import type { Explainer, Rating } from '../explainer.js';
import type { ExplainSettings } from '../options.js';
import type { Target } from '../target.js';

/** What image methods go by; `delta` is of the full encoding. */
export type ImageSettings = ExplainSettings & { blank: string; delta?: number };

/** One image on its way through a method that scores or chooses its pixels. */
export interface ImageTask {
  model: Model;
  image: ModelImage;
  target: Target;
  /** Model input → probabilities. */
  network: CompiledNetwork;
  graph: Graph;
  settings: ImageSettings;
  /** One byte per pixel of the model's input, 1 where people say the object is; null where nobody does. */
  truth?: Uint8Array | null;
}

/** Scores and choice are per pixel of the model's input, row-major. */
export type ImageMethod = Explainer<ImageTask, Rating>;

/** How many pixels and channels the model's input has, and where a channel of a pixel stands in its data. */
export function placesOf({ baselines, prepared }: ModelImage) {
  const { height, width, layout } = baselines;
  const pixels = height * width;
  const channels = prepared.tensor.data.length / pixels;
  const at = (pixel: number, channel: number) =>
    layout === 'channels-first' ? channel * pixels + pixel : pixel * channels + channel;
  return { pixels, channels, at };
}

/** Σ over the channels of |value| at every pixel: how others draw gradients of a colour picture. */
export function overChannels(image: ModelImage, values: ArrayLike<number>): Float32Array {
  const { pixels, channels, at } = placesOf(image);
  const scores = new Float32Array(pixels);
  for (let pixel = 0; pixel < pixels; pixel++)
    for (let channel = 0; channel < channels; channel++)
      scores[pixel] += Math.abs(values[at(pixel, channel)]);
  return scores;
}
