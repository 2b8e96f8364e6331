import type { Tensor } from '../tensor.js';
import type { Graph, Node } from './graph.js';
import { shapeOf } from './graph.js';
import type { LayerInGraph } from './parallel-layers.js';
import { readersOf } from './subgraph.js';

/**
 * Transformers have no linear layer of their own between the embedded words and the rest: positions are added, the sum is
 * normalised, and residual connections pass every later layer. Their first layer is the embedding itself. X, the words'
 * vectors, is written as
 *
 *   o = (x, −x) ,  a = relu(o) ,  X = a₊ − a₋ ,
 *
 * a depthwise convolution over single words whose nodes are the parts above and below zero of every dimension, so that what
 * a dimension says counts on either side of zero. The graph computes what it did: x = relu(x) − relu(−x) exactly.
 *
 * @returns undefined where the input is no row of words that one table embeds
 */
export function embeddingAsLayer(graph: Graph): LayerInGraph | undefined {
  const [input] = graph.inputs;
  const embedding = graph.inputs.length === 1 ? embeddingOf(graph, input) : undefined;
  if (embedding === undefined || graph.outputs.includes(embedding.output)) return undefined;
  const [, words, dimensions] = shapeOf(graph, embedding.output);
  const { name, output } = embedding;
  const value = (part: string) => `${output}.${part}`;
  const kernel: Tensor = {
    data: Float32Array.from({ length: 2 * dimensions }, (_, at) => (at % 2 === 0 ? 1 : -1)),
    shape: [2 * dimensions, 1, 1],
  };
  const back = { ...kernel, shape: [dimensions, 2, 1] };
  const pointwise = { strides: [1], pads: [0, 0], dilations: [1], groups: dimensions };
  const layer: Node = {
    op: 'conv',
    ...pointwise,
    name,
    inputs: [value('x'), value('kernel')],
    output: value('o'),
  };
  const added: Node[] = [
    { ...embedding, output: value('embedded') },
    { op: 'transpose', perm: [0, 2, 1], name, inputs: [value('embedded')], output: value('x') },
    layer,
    { op: 'relu', name, inputs: [layer.output], output: value('a') },
    { op: 'conv', ...pointwise, name, inputs: [value('a'), value('back')], output: value('joined') },
    { op: 'transpose', perm: [0, 2, 1], name, inputs: [value('joined')], output },
  ];
  const shapes = new Map(graph.shapes)
    .set(value('embedded'), [1, words, dimensions])
    .set(value('x'), [1, dimensions, words])
    .set(value('o'), [1, 2 * dimensions, words])
    .set(value('a'), [1, 2 * dimensions, words])
    .set(value('joined'), [1, dimensions, words])
    .set(value('kernel'), kernel.shape)
    .set(value('back'), back.shape);
  const constants = new Map(graph.constants).set(value('kernel'), kernel).set(value('back'), back);
  const nodes = graph.nodes.flatMap((node) => (node === embedding ? added : [node]));
  return { graph: { ...graph, nodes, constants, shapes }, layer };
}

/** The one look-up that reads the input: [1, words] → [1, words, dimensions]. */
function embeddingOf(graph: Graph, input: string): Node | undefined {
  const [reader, ...others] = readersOf(graph, input);
  if (reader?.op !== 'gather' || others.length > 0 || reader.axis !== 0) return undefined;
  const isTable = graph.constants.has(reader.inputs[0]) && reader.inputs[1] === input;
  return isTable && shapeOf(graph, reader.output).length === 3 ? reader : undefined;
}
