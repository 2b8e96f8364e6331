import { SmugError } from '../errors.js';
import { sizeOf, type Tensor } from '../tensor.js';
import { transposeArray } from './array-operations.js';
import { dependsOnInput } from './batch.js';
import type { Graph, Node, OperationName } from './graph.js';
import { nodeOf, shapeOf } from './graph.js';
import { mergeParallelLayers, type LayerInGraph } from './parallel-layers.js';
import { simplify } from './simplify.js';
import type { FirstLayer } from './split.js';
import { sampleShape } from './subgraph.js';

/** Fixed steps between the model's input and its first layer: layout, look-up, affine preprocessing. */
const preparing: ReadonlySet<OperationName> = new Set([
  'identity',
  'transpose',
  'reshape',
  'gather',
  'affine',
  'add',
  'sub',
  'mul',
  'div',
  'pad',
  'slice',
  'concat',
]);

function unsupported(why: string): SmugError {
  return new SmugError(
    'UNSUPPORTED_MODEL',
    `This network cannot be split at its first layer: ${why}. ${WITHOUT_FIRST_LAYER}`,
  );
}

/** What is left to whoever has such a network. */
export const WITHOUT_FIRST_LAYER =
  'A mask needs that layer; methods that do not explain pictures all the same: smug explain --method grad-cam, ' +
  'integrated-gradients or smooth-grad (library: rateImage).';

/**
 * The one linear node that reads the prepared input; several side by side are made one first (`mergeParallelLayers`).
 * @throws SmugError UNSUPPORTED_MODEL where there is none, where several cannot be one, or where something passes by
 */
export function findFirstLayer(graph: Graph): LayerInGraph {
  const dependent = dependsOnInput(graph);
  const prepared = new Set(graph.inputs);
  const first: Node[] = [];
  let blocking: Node | undefined;
  for (const node of graph.nodes) {
    const computed = node.inputs.filter((input) => dependent.has(input));
    if (computed.length === 0 || !computed.every((input) => prepared.has(input))) continue;
    if (node.op === 'conv' || node.op === 'dense') first.push(node);
    else if (preparing.has(node.op) && isAffine(node, dependent)) prepared.add(node.output);
    else blocking ??= node;
  }
  const [layer] = first;
  if (layer === undefined)
    throw unsupported(
      blocking
        ? `no convolution or dense layer reads the input; node '${blocking.name}' (${blocking.op}) comes first`
        : 'it has no convolution or dense layer',
    );
  for (const node of first) checkConstant(graph, node);
  const found = first.length > 1 ? mergeFirstLayers(graph, first, prepared) : { graph, layer };
  checkNoBypass(found.graph, found.layer);
  return found;
}

function mergeFirstLayers(graph: Graph, first: Node[], prepared: ReadonlySet<string>): LayerInGraph {
  const merged = mergeParallelLayers(graph, first, prepared);
  if ('apart' in merged)
    throw unsupported(
      `the input feeds ${first.length} first layers (${first.map(({ name }) => `'${name}'`).join(', ')}) that cannot be ` +
        `read as one: ${merged.apart}`,
    );
  // Batch norm behind the concatenation of the branches is now behind the layer, and is folded in.
  return { ...findFirstLayer(simplify(merged.graph)), branches: merged.branches };
}

/** Products and quotients of two computed values are not affine in the input. */
function isAffine(node: Node, dependent: ReadonlySet<string>): boolean {
  if (node.op === 'mul') return node.inputs.filter((input) => dependent.has(input)).length === 1;
  if (node.op === 'div') return !dependent.has(node.inputs[1]);
  return true;
}

function checkConstant(graph: Graph, layer: Node): void {
  if (layer.inputs.slice(1).some((input) => !graph.constants.has(input)))
    throw unsupported(`the weights of node '${layer.name}' are not constant`);
}

/** All that the network sees of the input must pass through the layer. */
function checkNoBypass(graph: Graph, layer: Node): void {
  const dependent = dependsOnInput(graph);
  const behind = new Set([layer.output]);
  for (const node of graph.nodes) {
    if (!node.inputs.some((input) => behind.has(input))) continue;
    behind.add(node.output);
    const around = node.inputs.find((input) => dependent.has(input) && !behind.has(input));
    if (around !== undefined)
      throw unsupported(
        `'${around}' reaches node '${node.name}' (${node.op}) without passing the first layer '${layer.name}'`,
      );
  }
  const [output] = graph.outputs;
  if (!behind.has(output))
    throw unsupported(`output '${output}' does not depend on the first layer '${layer.name}'`);
}

/** The layer as data, and the value X that it reads. */
export function describeLayer({ graph, layer: node, branches }: LayerInGraph): {
  layer: FirstLayer;
  x: string;
} {
  const weights = graph.constants.get(node.inputs[1]) as Tensor;
  const given = node.inputs[2] === undefined ? undefined : graph.constants.get(node.inputs[2]);
  if (node.op === 'conv') {
    const { strides, pads, dilations, groups } = node;
    const layer: FirstLayer = {
      kind: 'conv',
      inputShape: sampleShape(graph, node.inputs[0]),
      weights,
      bias: given?.data ?? new Float32Array(weights.shape[0]),
      strides,
      pads,
      dilations,
      groups,
      outputShape: sampleShape(graph, node.output),
      ...(branches && { branches }),
    };
    return { layer, x: node.inputs[0] };
  }
  const outputShape = sampleShape(graph, node.output);
  if (outputShape.length !== 1)
    throw unsupported(
      `dense layer '${node.name}' works on [${shapeOf(graph, node.inputs[0]).join(', ')}]; one row a sample is expected`,
    );
  const { x, rows } = unflatten(graph, node.inputs[0], weights);
  const bias = given?.data ?? new Float32Array(outputShape[0]);
  return { layer: { kind: 'dense', inputShape: sampleShape(graph, x), weights: rows, bias, outputShape }, x };
}

/**
 * Follows a dense layer's input back through reshapes and transposes to the picture or sequence that was
 * flattened, and puts the rows of the weights in that one's order.
 */
function unflatten(graph: Graph, input: string, weights: Tensor): { x: string; rows: Tensor } {
  const moves: Node[] = [];
  let value = input;
  for (let node = nodeOf(graph, value); node !== undefined; node = nodeOf(graph, value)) {
    const [from] = node.inputs;
    const flattens = node.op === 'reshape' && shapeOf(graph, from).length > 1;
    // The transpose of the model's own input only undoes the file's pixel layout; X lies behind it.
    const turns = node.op === 'transpose' && node.perm[0] === 0 && !graph.inputs.includes(from);
    if (!flattens && !turns) break;
    moves.push(node);
    value = from;
  }
  // order holds, at every place of the flattened value, which element of X it is.
  let order: { data: Float64Array | Float32Array; shape: number[] } = {
    data: Float64Array.from({ length: sizeOf(shapeOf(graph, value)) }, (_, at) => at),
    shape: [...shapeOf(graph, value)],
  };
  for (const node of moves.reverse())
    if (node.op === 'transpose') order = transposeArray(order, node.perm);
    else if (node.op === 'reshape') order = { data: order.data, shape: node.shape };
  const [, columns] = weights.shape;
  const data = new Float32Array(weights.data.length);
  order.data.forEach((to: number, row: number) => {
    data.set(weights.data.subarray(row * columns, (row + 1) * columns), to * columns);
  });
  return { x: value, rows: { data, shape: [...weights.shape] } };
}
