import { sizeOf, type Tensor } from '../tensor.js';
import { shapeOf, type Graph } from '../graph/graph.js';

/**
 * Checks the inputs of a run against the graph and returns how many times the graph's own batch they hold:
 * every input must have its declared shape, with axis 0 multiplied by one common whole number.
 *
 * @throws TypeError for a tensor that is none, RangeError for a wrong number of inputs or a wrong shape.
 */
export function batchesIn(graph: Graph, inputs: readonly Tensor[]): number {
  if (!Array.isArray(inputs)) throw new TypeError('inputs must be an array of tensors { data, shape }');
  if (inputs.length !== graph.inputs.length) {
    throw new RangeError(
      `inputs: the network has ${graph.inputs.length} (${graph.inputs.join(', ')}), ${inputs.length} were given`,
    );
  }
  const counts = inputs.map((input, i) => batchesOf(input, graph.inputs[i], shapeOf(graph, graph.inputs[i])));
  const differing = counts.findIndex((count) => count !== counts[0]);
  if (differing >= 0) {
    throw new RangeError(
      `inputs: '${graph.inputs[0]}' holds ${counts[0]} batches, '${graph.inputs[differing]}' ${counts[differing]}`,
    );
  }
  return counts[0] ?? 1;
}

function batchesOf(input: Tensor, name: string, expected: readonly number[]): number {
  if (!(input?.data instanceof Float32Array) || !Array.isArray(input.shape)) {
    throw new TypeError(`input '${name}' must be a tensor { data: Float32Array, shape: number[] }`);
  }
  const batches = expected.length === 0 ? 1 : input.shape[0] / expected[0];
  const fits =
    input.shape.length === expected.length &&
    Number.isInteger(batches) &&
    batches > 0 &&
    input.shape.every((size, axis) => axis === 0 || size === expected[axis]);
  if (!fits) {
    throw new RangeError(
      `input '${name}' has shape [${input.shape.join(', ')}], the network expects ` +
        `[${expected.join(', ')}] (or several of them along axis 0)`,
    );
  }
  if (input.data.length !== sizeOf(input.shape)) {
    throw new RangeError(
      `input '${name}' has ${input.data.length} elements, its shape [${input.shape.join(', ')}] needs ${sizeOf(input.shape)}`,
    );
  }
  return batches;
}

/**
 * Checks one target class a sample against the graph's first output, flattened per sample, and returns the
 * number of classes.
 *
 * @throws RangeError for a wrong number of targets or a class that does not exist.
 */
export function classesFor(graph: Graph, targets: ArrayLike<number>, batches: number): number {
  const shape = shapeOf(graph, graph.outputs[0]);
  const samples = shape[0] * batches;
  const classes = sizeOf(shape.slice(1));
  if (shape.length === 0 || targets.length !== samples) {
    throw new RangeError(`targets: expected one class for each of ${samples} samples, got ${targets.length}`);
  }
  for (let n = 0; n < samples; n++) {
    if (!Number.isInteger(targets[n]) || targets[n] < 0 || targets[n] >= classes) {
      throw new RangeError(`targets[${n}] is ${targets[n]}, expected a class from 0 to ${classes - 1}`);
    }
  }
  return classes;
}

/** Checks that the graph has a value of this name. */
export function checkValue(graph: Graph, name: string, parameter: string): void {
  if (!graph.shapes.has(name)) throw new RangeError(`${parameter}: the network has no value '${name}'`);
}

/** Part `index` of `count` equal parts along axis 0; a view, not a copy. */
export function partOf(tensor: Tensor, index: number, count: number): Tensor {
  const length = tensor.data.length / count;
  const shape = [...tensor.shape];
  if (shape.length > 0) shape[0] /= count;
  return { data: tensor.data.subarray(index * length, (index + 1) * length), shape };
}

/** Tensors of equal shape one after another along axis 0. */
export function joined(parts: readonly Tensor[]): Tensor {
  if (parts.length === 1) return parts[0];
  const length = parts[0].data.length;
  const data = new Float32Array(length * parts.length);
  parts.forEach((part, i) => data.set(part.data, i * length));
  const shape = [...parts[0].shape];
  shape[0] = (shape[0] ?? 1) * parts.length;
  return { data, shape };
}
