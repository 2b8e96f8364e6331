import type { Graph, Node } from './graph.js';
import { shapeOf } from './graph.js';

/**
 * Whether every value computed from the inputs keeps its samples one behind the other along axis 0, each with the same
 * number of rows, and every output one row a sample: the graph can then run on a batch of any size by scaling axis 0
 * alone. A value between may have several rows a sample, as windows of attention do. The graph itself may be
 * instantiated at any batch size.
 */
export function isBatched(graph: Graph): boolean {
  return batchMixing(graph) === undefined;
}

/** The first node that mixes or drops the batch axis, or a word on why there is none; undefined when batched. */
export function batchMixing(graph: Graph): string | undefined {
  const [first] = graph.inputs;
  if (first === undefined) return 'it has no input';
  const batch = shapeOf(graph, first)[0];
  for (const input of graph.inputs)
    if (batch === undefined || shapeOf(graph, input)[0] !== batch)
      return `input '${input}' has no batch axis like the others`;
  const batched = new Set(graph.inputs);
  for (const node of graph.nodes) {
    if (!node.inputs.some((input) => batched.has(input))) continue;
    if (!keepsBatch(graph, node, batched, batch))
      return `node '${node.name}' (${node.op}) mixes or drops the batch axis`;
    batched.add(node.output);
  }
  const loose = graph.outputs.find((output) => !batched.has(output));
  if (loose !== undefined) return `output '${loose}' does not depend on the input`;
  const several = graph.outputs.find((output) => shapeOf(graph, output)[0] !== batch);
  return several === undefined ? undefined : `output '${several}' has not one row a sample`;
}

/** The shape of a value when the graph runs on `batch` samples; values that are not batched keep theirs. */
export function batchedShape(graph: Graph, value: string, batch: number): number[] {
  const shape = shapeOf(graph, value);
  if (!dependsOnInput(graph).has(value)) return [...shape];
  return [(shape[0] / shapeOf(graph, graph.inputs[0])[0]) * batch, ...shape.slice(1)];
}

/** The values that are computed from the graph's inputs, the inputs included. */
export function dependsOnInput(graph: Graph): ReadonlySet<string> {
  const known = dependents.get(graph);
  if (known) return known;
  const values = new Set(graph.inputs);
  for (const node of graph.nodes) if (node.inputs.some((input) => values.has(input))) values.add(node.output);
  dependents.set(graph, values);
  return values;
}

const dependents = new WeakMap<Graph, ReadonlySet<string>>();

function keepsBatch(graph: Graph, node: Node, batched: ReadonlySet<string>, batch: number): boolean {
  const shapes = node.inputs.map((input) => shapeOf(graph, input));
  const out = shapeOf(graph, node.output);
  switch (node.op) {
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'prelu':
      // An operand without a batch must broadcast over axis 0; one with it must have it in the same place.
      return node.inputs.every((input, at) =>
        batched.has(input)
          ? shapes[at].length === out.length && shapes[at][0] === out[0]
          : shapes[at].length < out.length || shapes[at][0] === 1,
      );
    case 'dense':
      return shapes[0].length >= 2 && onlyFirst(node, batched);
    case 'reduceMean':
      return !node.axes.includes(0);
    case 'softmax':
    case 'logSoftmax':
      return node.axis !== 0;
    case 'layerNorm':
      return node.axis !== 0 && onlyFirst(node, batched);
    case 'matMul':
      return node.inputs.every((input) => batched.has(input));
    case 'concat':
      return node.axis !== 0 && node.inputs.every((input) => batched.has(input));
    case 'pad':
      return node.pads[0] === 0 && node.pads[shapes[0].length] === 0;
    case 'slice':
      return node.starts[0] === 0 && node.ends[0] === shapes[0][0] && node.steps[0] === 1;
    case 'reshape':
      // Samples stay one behind the other, whatever becomes of their own axes.
      return node.shape.length >= 1 && shapes[0].length >= 1 && node.shape[0] % batch === 0;
    case 'transpose':
      return node.perm[0] === 0;
    case 'gather':
      return batched.has(node.inputs[0])
        ? node.axis !== 0 && !batched.has(node.inputs[1])
        : node.axis === 0 && shapes[1].length >= 1;
    default:
      return shapes[0].length >= 1 && onlyFirst(node, batched);
  }
}

function onlyFirst(node: Node, batched: ReadonlySet<string>): boolean {
  return batched.has(node.inputs[0]) && !node.inputs.slice(1).some((input) => batched.has(input));
}
