import type { Graph, Node, OperationName } from './graph.js';
import { shapeOf } from './graph.js';
import { readersOf } from './subgraph.js';

/** Element-wise non-linearities of one input; they commute with any change of layout. */
export const unaryActivations: ReadonlySet<OperationName> = new Set([
  'relu',
  'sigmoid',
  'tanh',
  'softplus',
  'hardSwish',
  'erf',
  'gelu',
  'clip',
  'leakyRelu',
  'elu',
  'selu',
  'hardSigmoid',
  'swish',
]);

/**
 * Exporters of 1-D convolutions put a squeeze between layer and activation (a 2-D convolution with one row). This
 * moves the activation in front of the reshapes and transposes that follow the layer; other graphs stay as they are.
 */
export function hoistActivation(graph: Graph, layer: Node): Graph {
  const path = layoutAfter(graph, layer);
  const last = path.at(-1);
  if (last === undefined) return graph;
  const [activation, ...others] = readersOf(graph, last.output);
  const moves = activation !== undefined && others.length === 0 && unaryActivations.has(activation.op);
  if (!moves || graph.outputs.includes(activation.output)) return graph;

  const hoisted = `${layer.output}.activated`;
  const nodes = graph.nodes.flatMap((node): Node[] => {
    if (node === activation) return [];
    if (!path.includes(node)) return [node];
    const inputs = node === path[0] ? [hoisted] : node.inputs;
    const moved: Node = { ...node, inputs, output: node === last ? activation.output : node.output };
    return node === path[0] ? [{ ...activation, inputs: [layer.output], output: hoisted }, moved] : [moved];
  });
  const shapes = new Map(graph.shapes).set(hoisted, shapeOf(graph, layer.output));
  return { ...graph, nodes, shapes };
}

/** The chain of layout changes behind a layer, each the only reader of the one before. */
function layoutAfter(graph: Graph, layer: Node): Node[] {
  const path: Node[] = [];
  for (let value = layer.output; !graph.outputs.includes(value);) {
    const [reader, ...others] = readersOf(graph, value);
    if (others.length > 0 || (reader?.op !== 'reshape' && reader?.op !== 'transpose')) return path;
    path.push(reader);
    value = reader.output;
  }
  return [];
}
