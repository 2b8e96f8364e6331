import type { CompiledNetwork } from '../../engines/engine.js';
import { explainedNetwork } from '../../graph/explained-network.js';
import type { Graph } from '../../graph/graph.js';
import type { Model } from '../../model/model.js';
import type { ModelImage } from '../../model/model-image.js';
import { soleInput } from '../../model/sole-input.js';
import type { Tensor } from '../../tensor.js';
import type { Explainer, Rating } from '../explainer.js';
import type { ExplainSettings } from '../options.js';
import type { Target } from '../target.js';

/** One image on its way through a method that scores or chooses its pixels. */
export interface ImageTask {
  model: Model;
  image: ModelImage;
  target: Target;
  /** Model input → probabilities. */
  network: CompiledNetwork;
  graph: Graph;
  settings: ExplainSettings & { blank: string };
}

/** Scores and choice are per pixel of the model's input, row-major. */
export type ImageMethod = Explainer<ImageTask, Rating>;

const graphs = new WeakMap<Model, Map<string, Graph>>();

/** The whole network to probabilities, for inputs of one shape: one graph, so that the model compiles it once. */
export function probabilityGraph(model: Model, shape: readonly number[]): Graph {
  const known = graphs.get(model) ?? new Map<string, Graph>();
  graphs.set(model, known);
  const key = shape.join();
  const graph =
    known.get(key) ??
    explainedNetwork(model.graphFor(1, new Map([[soleInput(model).name, shape]])), 'probability');
  known.set(key, graph);
  return graph;
}

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

/** Tensors of batch 1 as one batch. */
export function batchOf(tensors: readonly Tensor[]): Tensor {
  const [{ data, shape }] = tensors;
  const batch = new Float32Array(data.length * tensors.length);
  tensors.forEach((tensor, at) => batch.set(tensor.data, at * data.length));
  return { data: batch, shape: [tensors.length, ...shape.slice(1)] };
}
