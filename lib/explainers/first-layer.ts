import type { CompiledNetwork } from '../engines/engine.js';
import type { OutputKind, SplitNetwork } from '../graph/split.js';
import type { ClassNames } from '../input/class-names.js';
import type { Model } from '../model/model.js';
import { shapesOfInput } from '../model/sole-input.js';
import type { Tensor } from '../tensor.js';
import type { AttributeSettings } from './options.js';
import { passFirstLayers } from './pass-first-layers.js';
import { chooseTarget, type Target } from './target.js';

/** One input as the first layer sees it, and what the network makes of it. */
export interface InputView {
  split: SplitNetwork;
  /** The model's input. */
  input: Tensor;
  /** X, batch 1. */
  x: Tensor;
  /** a, batch 1. */
  activation: Tensor;
  /** One per class. */
  probabilities: Float32Array;
  target: Target;
  /** Activations → probabilities. */
  tail: CompiledNetwork;
  /** Model input → activations. */
  activationsOf: (inputs: Tensor) => Promise<Tensor>;
  /** The same cut with another end. */
  splitFor: (output: OutputKind) => SplitNetwork;
}

/**
 * Step 1 of the method: runs the network on one input and picks the class.
 * @param input batch 1, in the model file's own layout
 * @throws SmugError BAD_INPUT, UNSUPPORTED_MODEL, UNKNOWN_CLASS, ENGINE_FAILED
 */
export async function viewInput(
  model: Model,
  input: Tensor,
  { target: wanted, signal }: Pick<AttributeSettings, 'target' | 'signal'>,
  names: ClassNames | null,
): Promise<InputView> {
  const { split, passes } = await passFirstLayers(model, [input], 'probability', signal);
  const [{ x, activation, outputs: probabilities }] = passes;
  const front = await model.compile(split.front);
  return {
    split,
    input,
    x,
    activation,
    probabilities,
    target: chooseTarget(probabilities, names, wanted),
    tail: await model.compile(split.tail),
    activationsOf: async (inputs) => {
      const outputs = await front.forward([inputs], { signal });
      return outputs[outputs.length - 1];
    },
    splitFor: (output) => splitFor(model, input, output),
  };
}

/** The model cut at its first layer, for one input of this shape. */
export function splitFor(model: Model, input: Tensor, output: OutputKind): SplitNetwork {
  return model.split(output, shapesOfInput(model, input));
}
