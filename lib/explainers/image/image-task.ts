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

/** Σ over the channels of |value| at every pixel: how others draw gradients of a colour picture. */
export function overChannels({ baselines }: ModelImage, values: ArrayLike<number>): Float32Array {
  const { height, width, layout } = baselines;
  const pixels = height * width;
  const channels = values.length / pixels;
  const scores = new Float32Array(pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      const at = layout === 'channels-first' ? channel * pixels + pixel : pixel * channels + channel;
      scores[pixel] += Math.abs(values[at]);
    }
  }
  return scores;
}
