import type { Graph, Operation } from './graph.js';
import type { Tensor } from '../tensor.js';

/**
 * Which scalar of the network is explained: a class's softmax probability or its logit; or an output of the file as it stands,
 * as a regression head gives it, or minus that.
 */
export type OutputKind = 'probability' | 'logit' | 'value' | 'negated value';

/**
 * A network cut once, at its first linear layer:
 *
 *   model input ──prefix──▶ X ──layer──▶ o ──activation──▶ a ──tail──▶ output
 *
 * `o = W₁X + b₁` are the pre-activations, `a = act(o)` what the rest of the network sees.
 */
export interface SplitNetwork {
  /** Model input → X. Layout changes, embedding look-up, fixed affine preprocessing; often no node at all. */
  prefix: Graph;
  /** Model input → a, and X first where `prefix` computes it: outputs [a] or [X, a]. */
  front: Graph;
  /** X → a: the layer and what follows it directly. */
  onward: Graph;
  layer: FirstLayer;
  /** The element-wise non-linearity that follows directly, or null when `a = o`. */
  activation: Operation | null;
  /** o → a as a graph of its own (identity when `activation` is null). */
  activate: Graph;
  /** a → the explained output, `[1, classes]`: see `output`. Its single input has the layer's output shape. */
  tail: Graph;
  /**
   * `probability`: the tail ends in a softmax (appended when the model file ends in logits; a single
   * sigmoid output z becomes the two classes [1 − σ(z), σ(z)]). `logit`: a final softmax or sigmoid is cut
   * off (a single sigmoid output becomes the classes [−z, z]). `value`: the file's outputs as they stand, `negated value`:
   * minus them.
   */
  output: OutputKind;
  classes: number;
  /** The file has one output and no sigmoid: it was read as the logit of two classes, which a regression head is not. */
  soleLogit: boolean;
}

/** One of the convolutions that a first layer stands for. */
export interface Branch {
  channels: number;
  /** Per spatial axis: its first tap in the layer's kernel, how many it has, and how far from one to the next. */
  taps: { begin: number; count: number; step: number }[];
  /** Per spatial axis its positions; nobody reads those that only other branches have. */
  outputs: number[];
}

/** Batch norm that follows the layer is folded into `weights` and `bias` (computed in float64). */
export type FirstLayer =
  | {
      kind: 'conv';
      /** [C, H, W] or [C, L]: X without its batch axis, before padding. */
      inputShape: number[];
      /** [O, C/groups, k…] */
      weights: Tensor;
      /** [O] */
      bias: Float32Array;
      strides: number[];
      /** [begin…, end…]; explicit zero padding before the layer is added here. */
      pads: number[];
      dilations: number[];
      groups: number;
      /** [O, OH, OW] or [O, OL] */
      outputShape: number[];
      /**
       * Where the layer stands for several convolutions side by side: whose channels follow each other, in order. Its weights are
       * zero outside a branch's own taps. Absent: every channel has the whole kernel and all positions.
       */
      branches?: Branch[];
    }
  | {
      kind: 'dense';
      /** X without its batch axis, before it is flattened: [C, H, W], [H, W] or [K]. */
      inputShape: number[];
      /** [K, M]; K runs over X in row-major order of `inputShape`. */
      weights: Tensor;
      /** [M] */
      bias: Float32Array;
      /** [M] */
      outputShape: number[];
    };
