import { joined, partOf } from '../engines/request.js';
import { SmugError, throwIfAborted } from '../errors.js';
import { isBatched } from '../graph/batch.js';
import type { Graph } from '../graph/graph.js';
import type { OutputKind, SplitNetwork } from '../graph/split.js';
import type { Model } from '../model/model.js';
import { soleInput } from '../model/sole-input.js';
import { sameShape, type Tensor } from '../tensor.js';

/** One input as the first layer sees it, and what the network makes of it. */
export interface FirstLayerPass {
  /** X, batch 1. */
  x: Tensor;
  /** a, batch 1: the first layer's activations. */
  activation: Tensor;
  /** One number per class: probabilities or logits, as asked for. */
  outputs: Float32Array;
}

/**
 * Runs many inputs, or many crops of one, through the network at once: one batch through the front, one through the
 * tail, which the engine cuts as its memory needs. A network that mixes samples is run input by input.
 *
 * @param inputs batch 1 each, of one shape, in the model file's own layout
 * @returns one pass per input, in order; batching changes no more than the engine's rounding
 * @throws SmugError BAD_INPUT where shapes differ, UNSUPPORTED_MODEL, ENGINE_FAILED, ABORTED
 */
export async function passFirstLayers(
  model: Model,
  inputs: readonly Tensor[],
  output: OutputKind,
  signal?: AbortSignal,
): Promise<{ split: SplitNetwork; passes: FirstLayerPass[] }> {
  const [first] = inputs;
  if (first === undefined) throw new SmugError('BAD_INPUT', 'There is no input.');
  const other = inputs.find(({ shape }) => !sameShape(shape, first.shape));
  if (other !== undefined)
    throw new SmugError(
      'BAD_INPUT',
      `Inputs that are run together have one shape; here are [${first.shape.join(', ')}] and [${other.shape.join(', ')}].`,
    );
  const split = model.split(output, new Map([[soleInput(model).name, first.shape]]));
  const fronts = await forwardAll(model, split.front, inputs, signal);
  const activations = fronts.map((values) => values[values.length - 1]);
  const tails = await forwardAll(model, split.tail, activations, signal);
  const passes = inputs.map((input, at) => ({
    x: fronts[at].length === 2 ? fronts[at][0] : input,
    activation: activations[at],
    outputs: tails[at][0].data,
  }));
  if (!passes.every(({ outputs }) => outputs.every(Number.isFinite)))
    throw new SmugError(
      'ENGINE_FAILED',
      "The network's output holds values that are not finite; check the input's preprocessing and the model's weights.",
    );
  return { split, passes };
}

/**
 * All outputs of a part of the network for every input: in one batch, unless the part mixes samples.
 * @throws SmugError ENGINE_FAILED, ABORTED
 */
export async function forwardAll(
  model: Model,
  graph: Graph,
  inputs: readonly Tensor[],
  signal: AbortSignal | undefined,
): Promise<Tensor[][]> {
  const network = await model.compile(graph);
  throwIfAborted(signal);
  if (inputs.length === 1 || !isBatched(graph)) {
    const results: Tensor[][] = [];
    for (const input of inputs) results.push(await network.forward([input], { signal }));
    return results;
  }
  const outputs = await network.forward([joined(inputs)], { signal });
  return inputs.map((_, at) => outputs.map((value) => partOf(value, at, inputs.length)));
}
