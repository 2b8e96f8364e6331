import type { Graph } from '../graph/graph.js';
import type { Tensor } from '../tensor.js';

/** What one of a model file's own inputs looks like; unknown dimensions (batch) are −1. */
export interface ModelInput {
  name: string;
  shape: number[];
  /** True when the file says nothing about the shape, not even how many axes there are. */
  unshaped?: boolean;
  /** True when the input feeds a weight or shape slot: it is given as `bound`, not as data. */
  parameter?: boolean;
}

/** The inputs that take data, and no weights or shapes. */
export function dataInputs({ inputs }: Pick<ModelFile, 'inputs'>): ModelInput[] {
  return inputs.filter((input) => !input.parameter);
}

/** What is known of a text before its network is built. */
export interface WordsGiven {
  /** The index that stands for padding. */
  padding: number;
  /** Per position 1 where something real stands, 0 for padding. */
  real: ArrayLike<number>;
}

/**
 * What a loader returns: a file that was read and checked, not yet tied to shapes. `instantiate` fixes the
 * batch size and turns it into a graph. Inputs that only feed weight or shape slots (ONNX files may leave a
 * convolution's kernel or a Reshape's target as an input) are given as `bound` and become constants.
 */
export interface ModelFile {
  format: 'onnx' | 'tfjs' | 'builtin';
  source: string;
  /** The file on disk; declarations (preprocessing, class names) are looked for beside it. */
  path: string;
  inputs: ModelInput[];
  outputs: string[];
  /** Layout of image inputs in the file: decides how pixels are arranged and how `attribute` reports scores. */
  layout: 'channels-first' | 'channels-last';
  /**
   * Fixes the shapes of the data inputs and builds the graph. An input left out takes its declared shape, with
   * batch 1. The graph's outputs keep the file's names; one that does not depend on any input is a constant.
   * `words`, by input name, answers what the file asks of words before the network runs: where padding stands.
   *
   * @throws SmugError BAD_MODEL, BAD_WEIGHTS, BAD_INPUT (shapes that the file forbids), UNSUPPORTED_OPERATOR
   */
  instantiate(
    inputShapes: ReadonlyMap<string, readonly number[]>,
    bound?: ReadonlyMap<string, Tensor>,
    words?: ReadonlyMap<string, WordsGiven>,
  ): Graph;
}
