import type { AttributionTask, AttributionScores } from '../attribution/attribution.js';
import { attributionMethods } from '../attribution/methods.js';
import { SmugError, throwIfAborted } from '../errors.js';
import type { OutputKind, SplitNetwork } from '../graph/split.js';
import type { ClassNames } from '../input/class-names.js';
import type { Model } from '../model/model.js';
import type { ImageBaselines } from '../model/model-image.js';
import { soleInput } from '../model/sole-input.js';
import type { Tensor } from '../tensor.js';
import { attributionOptions, type AttributeSettings } from './options.js';
import { chooseTarget, type Target } from './target.js';

/** One input as the first layer sees it, and what the nodes of that layer are worth. */
export interface FirstLayerView {
  split: SplitNetwork;
  /** X, batch 1. */
  x: Tensor;
  /** a, batch 1. */
  activation: Tensor;
  target: Target;
  attribution: AttributionScores;
}

/**
 * Steps 1 and 2 of the method: runs the network on one input, picks the class and scores the first layer's nodes.
 * @param input batch 1, in the model file's own layout
 * @throws SmugError BAD_INPUT, UNSUPPORTED_MODEL, UNKNOWN_CLASS, ENGINE_FAILED
 */
export async function viewFirstLayer(
  model: Model,
  input: Tensor,
  settings: AttributeSettings,
  names: ClassNames | null,
  baselines?: ImageBaselines,
): Promise<FirstLayerView> {
  const split = splitFor(model, input, settings.output);
  const { output } = split;
  const { signal } = settings;
  const front = await model.compile(split.front);
  throwIfAborted(signal);
  const through = async (inputs: Tensor) => {
    const outputs = await front.forward([inputs], { signal });
    return { x: outputs.length === 2 ? outputs[0] : inputs, activation: outputs[outputs.length - 1] };
  };
  const { x, activation } = await through(input);

  const tail = await model.compile(split.tail);
  const [values] = await tail.forward([activation], { signal });
  const probabilities = output === 'probability' ? values.data : softmax(values.data);
  if (!probabilities.every(Number.isFinite)) {
    throw new SmugError(
      'ENGINE_FAILED',
      "The network's output holds values that are not finite; check the input's preprocessing and the model's weights.",
    );
  }
  const target = chooseTarget(probabilities, names, settings.target);
  const task: AttributionTask = {
    tail,
    activation,
    target: target.index,
    value: values.data[target.index],
    output,
    activationsOf: async (inputs) => (await through(inputs)).activation,
    input: baselines && { ...baselines, tensor: input },
  };
  const attribution = await attributionMethods[settings.attribution](task, attributionOptions(settings));
  if (!attribution.scores.every(Number.isFinite)) {
    throw new SmugError(
      'ENGINE_FAILED',
      "The attribution holds values that are not finite: the network's gradient overflows on this input.",
    );
  }
  return { split, x, activation, target, attribution };
}

/** The model cut at its first layer, for one input of this shape. */
export function splitFor(model: Model, input: Tensor, output: OutputKind): SplitNetwork {
  return model.split(output, new Map([[soleInput(model).name, input.shape]]));
}

function softmax(logits: Float32Array): Float32Array {
  const most = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = logits.map((logit) => Math.exp(logit - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
