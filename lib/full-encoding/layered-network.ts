import { transposeArray } from '../graph/array-operations.js';
import { SmugError } from '../errors.js';
import type { Graph, Node } from '../graph/graph.js';
import { shapeOf } from '../graph/graph.js';
import { readersOf } from '../graph/subgraph.js';
import { sizeOf } from '../tensor.js';
import {
  convolutionRows,
  denseRows,
  elementRows,
  globalPoolRows,
  poolRows,
  type Before,
} from './layer-rows.js';
import type { Layer, LayeredNetwork } from './layers.js';

/** A run of the search takes thousands of times as many. */
const MOST_PRODUCTS = 1_000_000;

const SUPPORTED =
  'one chain of dense and convolutional layers, ReLU, maximum and average pooling, batch norm, and sums and products with constants';

/**
 * A network from X to its logits as a chain of layers.
 * @throws SmugError UNSUPPORTED_OPERATOR that names what cannot be encoded; UNSUPPORTED_MODEL where it branches or is too large
 */
export function layeredNetwork(graph: Graph): LayeredNetwork {
  const layers: Layer[] = [];
  let [value] = graph.inputs;
  const size = sizeOf(shapeOf(graph, value));
  let before: Before = { order: Int32Array.from({ length: size }, (_, at) => at), inputs: size };
  let products = 0;
  while (value !== graph.outputs[0]) {
    const readers = readersOf(graph, value);
    const [node] = readers;
    if (node === undefined) break;
    const computed = node.inputs.filter((input) => !graph.constants.has(input));
    if (readers.length > 1 || computed.length > 1)
      throw new SmugError(
        'UNSUPPORTED_MODEL',
        `The full encoding takes ${SUPPORTED}; this network branches at '${value}' (node '${node.name}', ${node.op}). ` +
          'The method smug takes such networks.',
      );
    const moved = movedOrder(graph, node, before.order);
    if (moved !== null) before = { ...before, order: moved };
    else {
      const layer = layerOf(graph, node, value, before);
      layers.push(layer);
      if (layer.kind === 'linear') products += layer.columns.length;
      if (products > MOST_PRODUCTS) throw tooLarge(graph);
      // A ReLU leaves every element where it was.
      if (layer.kind !== 'relu')
        before = { order: Int32Array.from({ length: layer.outputs }, (_, at) => at), inputs: layer.outputs };
    }
    value = node.output;
  }
  for (const layer of layers)
    if (
      layer.kind === 'linear' &&
      !(layer.weights.every(Number.isFinite) && layer.bias.every(Number.isFinite))
    )
      throw new SmugError(
        'BAD_WEIGHTS',
        'A weight of this network is not a finite number; exact arithmetic needs finite ones.',
      );
  if (layers[0]?.kind !== 'linear' || before.order.includes(-1))
    throw new SmugError(
      'UNSUPPORTED_MODEL',
      `The full encoding takes ${SUPPORTED}; this network has no such layer.`,
    );
  return { layers: inOutputOrder(layers, before), products };
}

function layerOf(graph: Graph, node: Node, value: string, before: Before): Layer {
  switch (node.op) {
    case 'conv':
      // Before its rows are made: a large layer would fill the memory.
      if (convolutionProducts(graph, node) > MOST_PRODUCTS) throw tooLarge(graph);
      return convolutionRows(graph, node, before);
    case 'dense':
      return denseRows(graph, node, before);
    case 'maxPool':
      // A zero of padding that a maximum reads would be an input of its own.
      if (before.order.includes(-1)) break;
      return poolRows(graph, node, before);
    case 'averagePool':
      return poolRows(graph, node, before);
    case 'globalMaxPool':
      if (before.order.includes(-1)) break;
      return globalPoolRows(graph, node, before);
    case 'reduceMean':
      if (isOverSpace(graph, node)) return globalPoolRows(graph, node, before);
      break;
    case 'affine':
    case 'add':
    case 'sub':
    case 'mul':
      if (sizeOf(shapeOf(graph, node.output)) === sizeOf(shapeOf(graph, value)))
        return elementRows(graph, node, value, before);
      break;
    case 'relu':
      return { kind: 'relu', inputs: before.inputs, outputs: before.inputs };
  }
  throw new SmugError(
    'UNSUPPORTED_OPERATOR',
    `The full encoding takes ${SUPPORTED}; node '${node.name}' is ${node.op}. The method smug takes such networks.`,
  );
}

/** Where the elements stand after a node that only moves them, or pads with zeros; null for every other node. */
function movedOrder(graph: Graph, node: Node, order: Int32Array): Int32Array | null {
  if (node.op === 'identity' || node.op === 'reshape') return order;
  const shape = [...shapeOf(graph, node.inputs[0])];
  if (node.op === 'transpose')
    return Int32Array.from(transposeArray({ data: Float64Array.from(order), shape }, node.perm).data);
  if (node.op !== 'pad' || node.mode !== 'constant' || node.value !== 0 || node.pads.some((pad) => pad < 0))
    return null;
  const padded = shapeOf(graph, node.output);
  const moved = new Int32Array(sizeOf(padded)).fill(-1);
  order.forEach((from, at) => {
    let index = 0;
    let step = 1;
    for (let axis = shape.length - 1, rest = at; axis >= 0; axis--) {
      index += ((rest % shape[axis]) + node.pads[axis]) * step;
      rest = Math.floor(rest / shape[axis]);
      step *= padded[axis];
    }
    moved[index] = from;
  });
  return moved;
}

function convolutionProducts(graph: Graph, node: Node): number {
  const [filters, ...perOutput] = graph.constants.get(node.inputs[1])!.shape;
  return (sizeOf(shapeOf(graph, node.output)) / filters) * filters * sizeOf(perOutput);
}

function isOverSpace(graph: Graph, { axes, inputs }: Extract<Node, { op: 'reduceMean' }>): boolean {
  const rank = shapeOf(graph, inputs[0]).length;
  return axes.length === rank - 2 && axes.every((axis) => axis >= 2);
}

/** Logits that were moved after the last layer: a layer that puts them in order. */
function inOutputOrder(layers: Layer[], { order, inputs }: Before): Layer[] {
  if (order.length === inputs && order.every((from, at) => from === at)) return layers;
  const length = order.length;
  return [
    ...layers,
    {
      ...{ kind: 'linear', inputs, outputs: length, divisor: 1 },
      offsets: Int32Array.from({ length: length + 1 }, (_, at) => at),
      columns: order,
      weights: new Float64Array(length).fill(1),
      bias: new Float64Array(length),
    },
  ];
}

function tooLarge(graph: Graph): SmugError {
  const all = graph.nodes.reduce((sum, node) => {
    if (node.op === 'conv') return sum + convolutionProducts(graph, node);
    if (node.op === 'dense')
      return sum + sizeOf(shapeOf(graph, node.output)) * graph.constants.get(node.inputs[1])!.shape[0];
    return sum;
  }, 0);
  return new SmugError(
    'UNSUPPORTED_MODEL',
    `The full encoding takes networks of up to ${MOST_PRODUCTS.toLocaleString('en')} multiplications per run; ` +
      `this one has ${all.toLocaleString('en')}. The method smug takes networks of any size.`,
  );
}
