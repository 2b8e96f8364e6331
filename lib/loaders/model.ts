import type { Graph } from '../graph/graph.js';
import type { Tensor } from '../tensor.js';

/** What one of a model file's own inputs looks like; unknown dimensions (batch) are −1. */
export interface ModelInput {
  name: string;
  shape: number[];
}

/**
 * What a loader returns: a file that was read and checked, not yet tied to shapes. `instantiate` fixes the
 * batch size and turns it into a graph. Inputs that only feed weight or shape slots (ONNX files may leave a
 * convolution's kernel or a Reshape's target as an input) are given as `bound` and become constants.
 */
export interface ModelFile {
  format: 'onnx' | 'tfjs' | 'builtin';
  source: string;
  inputs: ModelInput[];
  outputs: string[];
  /** Layout of image inputs in the file: decides how pixels are arranged and how `attribute` reports scores. */
  layout: 'channels-first' | 'channels-last';
  /** Preprocessing carried inside the file (built-in models), otherwise found beside it. */
  instantiate(inputShapes: ReadonlyMap<string, readonly number[]>, bound?: ReadonlyMap<string, Tensor>): Graph;
}
