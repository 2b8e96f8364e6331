import { sizeOf, type Tensor } from '../tensor.js';
import { transposeArray } from './array-operations.js';
import type { Graph, Node } from './graph.js';
import { nodeOf, shapeOf } from './graph.js';
import type { LayerInGraph } from './parallel-layers.js';

/**
 * A 2-D convolution over embedded words whose kernel spans the whole embedding (Kim 2014 as PyTorch writes it: [1, 1, words, E] and
 * a kernel of k by E; or a sequence as a picture of one row) is a 1-D convolution over [E, words]. Returns the graph with that
 * one; a layer of another kind stays as it is.
 */
export function wordsAsPositions(found: LayerInGraph): LayerInGraph {
  const { graph, layer, branches } = found;
  const axis = layer.op === 'conv' && layer.groups === 1 ? spannedAxis(graph, layer) : undefined;
  if (layer.op !== 'conv' || axis === undefined) return found;
  const along = 1 - axis;
  const weights = graph.constants.get(layer.inputs[1])!;
  const { name, output } = layer;
  const [turned, sequence, o, kernel] = ['turned', 'sequence', 'o', 'kernel'].map(
    (part) => `${output}.${part}`,
  );
  const flat = (shape: readonly number[]) => [shape[0], shape[1] * shape[axis + 2], shape[along + 2]];
  const perm = [0, 1, axis + 2, along + 2];
  const shape = shapeOf(graph, layer.inputs[0]);
  const conv: Node = {
    op: 'conv',
    strides: [layer.strides[along]],
    pads: [layer.pads[along], layer.pads[along + 2]],
    dilations: [layer.dilations[along]],
    groups: 1,
    name,
    inputs: [sequence, kernel, ...layer.inputs.slice(2)],
    output: o,
  };
  const outputShape = [...shapeOf(graph, output)];
  const added: Node[] = [
    { op: 'transpose', perm, name, inputs: [layer.inputs[0]], output: turned },
    { op: 'reshape', shape: flat(shape), name, inputs: [turned], output: sequence },
    conv,
    { op: 'reshape', shape: outputShape, name, inputs: [o], output },
  ];
  const moved: Tensor = {
    data: transposeArray(weights, perm).data as Float32Array,
    shape: flat(weights.shape),
  };
  const shapes = new Map([
    ...graph.shapes,
    [turned, perm.map((from) => shape[from])],
    [sequence, flat(shape)],
    [o, [outputShape[0], outputShape[1], outputShape[along + 2]]],
    [kernel, moved.shape],
  ]);
  return {
    graph: {
      ...graph,
      nodes: graph.nodes.flatMap((node) => (node === layer ? added : [node])),
      constants: new Map(graph.constants).set(kernel, moved),
      shapes,
    },
    layer: conv,
    branches: branches?.map(({ channels, taps, outputs }) => ({
      channels,
      taps: [taps[along]],
      outputs: [outputs[along]],
    })),
  };
}

/** The spatial axis that the kernel spans at once while the other one has a position per word; undefined where there is none. */
function spannedAxis(graph: Graph, layer: Extract<Node, { op: 'conv' }>): number | undefined {
  const [, , ...size] = shapeOf(graph, layer.inputs[0]);
  const words = wordsBehind(graph, layer.inputs[0]);
  if (size.length !== 2 || words === undefined) return undefined;
  const [, , ...kernel] = shapeOf(graph, layer.inputs[1]);
  return [1, 0].find(
    (axis) =>
      size[1 - axis] === words &&
      kernel[axis] === size[axis] &&
      layer.pads[axis] === 0 &&
      layer.pads[axis + 2] === 0,
  );
}

/** The number of indices whose embedding a value is made of; undefined where it is made of no embedding. */
function wordsBehind(graph: Graph, value: string): number | undefined {
  for (let node = nodeOf(graph, value); node !== undefined;) {
    if (node.op === 'gather' && graph.constants.has(node.inputs[0]))
      return sizeOf(shapeOf(graph, node.inputs[1]).slice(1));
    const from: string | undefined = node.inputs.find((input) => !graph.constants.has(input));
    node = from === undefined ? undefined : nodeOf(graph, from);
  }
  return undefined;
}
