import type { CompiledNetwork } from '../engines/engine.js';
import type { OutputKind, SplitNetwork } from '../graph/split.js';
import type { ClassNames } from '../input/class-names.js';
import type { Model } from '../model/model.js';
import { shapesOfInput } from '../model/sole-input.js';
import type { Tensor } from '../tensor.js';
import type { AttributeSettings } from './options.js';
import { passFirstLayers } from './pass-first-layers.js';
import { chooseTarget, sideOf, type Target, type TargetSettings } from './target.js';

/** One input as the first layer sees it, and what the network makes of it. */
export interface InputView {
  split: SplitNetwork;
  /** The model's input. */
  input: Tensor;
  /** X, batch 1. */
  x: Tensor;
  /** a, batch 1. */
  activation: Tensor;
  /** One per class: probabilities; with the output `value`, what `tail` gives. */
  outputs: Float32Array;
  target: Target;
  /** Activations → probabilities; with the output `value` → values, or minus values where those below are explained. */
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
  { signal, ...settings }: TargetSettings & Pick<AttributeSettings, 'signal'>,
  names: ClassNames | null,
): Promise<InputView> {
  const { split: whole, passes } = await passFirstLayers(model, [input], viewedOutput(settings), signal);
  const [{ x, activation, outputs }] = passes;
  const target = chooseTarget(outputs, names, settings);
  const below = sideOf(target) < 0;
  const split = below ? splitFor(model, input, 'negated value') : whole;
  const front = await model.compile(split.front);
  return {
    split,
    input,
    x,
    activation,
    outputs: below ? outputs.map((value) => -value) : outputs,
    target,
    tail: await model.compile(split.tail),
    activationsOf: async (inputs) => {
      const outputs = await front.forward([inputs], { signal });
      return outputs[outputs.length - 1];
    },
    splitFor: (output) => splitFor(model, input, output),
  };
}

/** What the network's outputs are read as. */
export function viewedOutput({ output }: Pick<AttributeSettings, 'output'>): 'probability' | 'value' {
  return output === 'value' ? 'value' : 'probability';
}

/** The model cut at its first layer, for one input of this shape. */
export function splitFor(model: Model, input: Tensor, output: OutputKind): SplitNetwork {
  return model.split(output, shapesOfInput(model, input));
}
