import type { Tensor } from '../tensor.js';

/**
 * The one network representation: every loader ends here, every engine starts here.
 *
 * Conventions
 * - Feature maps are channels first: `[N, C, H, W]`, `[N, C, L]`. Loaders of channels-last formats insert
 *   explicit `transpose` nodes where the layout shows (at the model's input, before a flatten, …); the
 *   simplifier cancels those that meet.
 * - Shapes are static. A graph is instantiated for one batch size (1 unless the caller's input says
 *   otherwise); engines that run a batch of B scale axis 0 of every value that `isBatched` reports.
 * - `values` lists the shape of every input, constant and node output. `constants` hold weights.
 * - `nodes` are in topological order; every node has exactly one output, named `output`.
 * - Values are float32. Integer tensors (indices of `gather`) are carried as float32 and are exact to 2²⁴.
 */
export interface Graph {
  inputs: string[];
  outputs: string[];
  nodes: Node[];
  constants: Map<string, Tensor>;
  /** Shape of every value. */
  shapes: Map<string, readonly number[]>;
}

/** One operation: `output = op(inputs…; attributes)`. `name` is the name in the model's file, for messages. */
export type Node = Operation & { name: string; inputs: string[]; output: string };

/**
 * Operations and their inputs. Spatial attributes have one entry per spatial axis (1-D or 2-D).
 * `pads` is `[begin…, end…]` as in ONNX; padding values are zero unless said otherwise.
 */
export type Operation =
  /** x [N,C,…], W [O,C/groups,k…], optional b [O] */
  | { op: 'conv'; strides: number[]; pads: number[]; dilations: number[]; groups: number }
  /** x […,K], W [K,M], optional b [M] → […,M]; contraction of the last axis of x with the first of W */
  | { op: 'dense' }
  /** x [N,C,…], scale [C], shift [C]: x·scale + shift per channel (axis 1); inference-time batch norm */
  | { op: 'affine' }
  /** numpy broadcasting of two tensors */
  | { op: 'add' | 'sub' | 'mul' | 'div' }
  | { op: 'relu' | 'sigmoid' | 'tanh' | 'softplus' | 'hardSwish' | 'erf' | 'sqrt' | 'identity' }
  /** x·Φ(x) with the normal distribution's Φ(x) = (1 + erf(x/√2))/2; not its approximation by tanh */
  | { op: 'gelu' }
  /** min(max(x, min), max); Relu6 is clip(0, 6) */
  | { op: 'clip'; min: number; max: number }
  | { op: 'leakyRelu' | 'elu'; alpha: number }
  | { op: 'selu'; alpha: number; gamma: number }
  /** x, slope (broadcast to x): x ≥ 0 ? x : slope·x */
  | { op: 'prelu' }
  /** max(0, min(1, alpha·x + beta)) */
  | { op: 'hardSigmoid'; alpha: number; beta: number }
  /** x·sigmoid(alpha·x); SiLU for alpha 1 */
  | { op: 'swish'; alpha: number }
  | { op: 'maxPool'; kernel: number[]; strides: number[]; pads: number[]; dilations: number[]; ceil: boolean }
  | {
      op: 'averagePool';
      kernel: number[];
      strides: number[];
      pads: number[];
      dilations: number[];
      ceil: boolean;
      countIncludePad: boolean;
    }
  /** maximum over all spatial axes, kept as size 1 */
  | { op: 'globalMaxPool' }
  /** mean over `axes` (non-negative); GlobalAveragePool is reduceMean over the spatial axes, keepDims */
  | { op: 'reduceMean'; axes: number[]; keepDims: boolean }
  /** across channels (axis 1): x / (bias + alpha/size · Σ_window x²)^beta */
  | { op: 'lrn'; size: number; alpha: number; beta: number; bias: number }
  /** x, scale [n], shift [n]: (x − mean)/√(variance + epsilon)·scale + shift along `axis`, which has n entries */
  | { op: 'layerNorm'; axis: number; epsilon: number }
  /** a […,M,K], b […,K,N] → […,M,N] with the same leading axes, one at least: products of two computed values */
  | { op: 'matMul' }
  | { op: 'concat'; axis: number }
  /** one [begin…, end…] entry an axis of x; negative entries crop */
  | { op: 'pad'; pads: number[]; mode: 'constant' | 'reflect' | 'edge'; value: number }
  /** x[start : end : step] on every axis; one entry an axis; ends are exclusive and resolved (≥ −1) */
  | { op: 'slice'; starts: number[]; ends: number[]; steps: number[] }
  /** the full target shape at the graph's own batch size */
  | { op: 'reshape'; shape: number[] }
  | { op: 'transpose'; perm: number[] }
  | { op: 'softmax' | 'logSoftmax'; axis: number }
  /** table, indices: table[indices] along `axis`; an embedding is gather(axis 0) of constant table */
  | { op: 'gather'; axis: number }
  /** nearest-neighbour upsampling by integer factors, one a spatial axis */
  | { op: 'upsample'; scales: number[] };

export type OperationName = Operation['op'];

/** The node that computes a value; undefined for inputs and constants. */
export function nodeOf(graph: Graph, output: string): Node | undefined {
  return graph.nodes.find((node) => node.output === output);
}

export function shapeOf(graph: Graph, value: string): readonly number[] {
  const shape = graph.shapes.get(value);
  if (shape === undefined) throw new Error(`graph has no value '${value}'`);
  return shape;
}
