import { sizeOf, type Tensor } from '../../tensor.js';
import {
  combineArrays,
  concatArrays,
  gatherArray,
  sliceArray,
  transposeArray,
  type NumericArray,
} from '../array-operations.js';
import type { Node } from '../graph.js';
import type { Rule } from './rule.js';

/** Larger results stay computed: folding them could blow a small file up. */
const MAX_FOLDED = 2 ** 24;

/** Evaluates layout changes and arithmetic on constants (in float64, rounded once). */
export const foldConstants: Rule = (node, view) => {
  const operands: NumericArray[] = [];
  for (const input of node.inputs) {
    const tensor = view.constant(input);
    if (tensor === undefined) return undefined;
    operands.push(tensor);
  }
  if (sizeOf(view.shape(node.output)) > MAX_FOLDED) return undefined;
  const result = evaluate(node, operands);
  return result && { constant: toTensor(result) };
};

function evaluate(node: Node, [a, b, ...others]: NumericArray[]): NumericArray | undefined {
  switch (node.op) {
    case 'identity':
      return a;
    case 'reshape':
      return { data: a.data, shape: node.shape };
    case 'transpose':
      return transposeArray(a, node.perm);
    case 'slice':
      return sliceArray(a, node.starts, node.ends, node.steps);
    case 'concat':
      return concatArrays(b ? [a, b, ...others] : [a], node.axis);
    case 'gather':
      return inRange(b, a.shape[node.axis]) ? gatherArray(a, b, node.axis) : undefined;
    case 'add':
      return combineArrays(wide(a), wide(b), (x, y) => x + y);
    case 'sub':
      return combineArrays(wide(a), wide(b), (x, y) => x - y);
    case 'mul':
      return combineArrays(wide(a), wide(b), (x, y) => x * y);
    case 'div':
      return combineArrays(wide(a), wide(b), (x, y) => x / y);
    case 'relu':
      return { ...a, data: a.data.map((x) => Math.max(x, 0)) };
    default:
      return undefined;
  }
}

function inRange(indices: NumericArray, size: number): boolean {
  return indices.data.every((index: number) => Number.isInteger(index) && index >= 0 && index < size);
}

function wide(array: NumericArray): NumericArray {
  return { data: Float64Array.from(array.data), shape: array.shape };
}

function toTensor({ data, shape }: NumericArray): Tensor {
  return { data: data instanceof Float32Array ? data : Float32Array.from(data), shape: [...shape] };
}
