import { transposeArray } from './array-operations.js';
import type { Node } from './graph.js';
import { shapeOf } from './graph.js';
import type { LayerInGraph } from './parallel-layers.js';

/**
 * A dense layer that works on every position of a sequence or picture, [1, …, K] → [1, …, M], is a convolution with
 * a kernel of one, once the channels come first. Returns the graph with that convolution between two transposes, and
 * the convolution; a layer of another kind stays as it is.
 */
export function pointwiseAsConvolution(found: LayerInGraph): LayerInGraph {
  const { graph, layer } = found;
  const shape = shapeOf(graph, layer.inputs[0]);
  const weights = graph.constants.get(layer.inputs[1]);
  if (layer.op !== 'dense' || weights === undefined || shape.length < 3 || shape.length > 4) return found;
  const spatial = shape.slice(1, -1);
  const [inner, filters] = weights.shape;
  const toFirst = [0, shape.length - 1, ...spatial.map((_, axis) => axis + 1)];
  const toLast = [0, ...spatial.map((_, axis) => axis + 2), 1];
  const [x, o, kernel] = ['x', 'o', 'kernel'].map((part) => `${layer.output}.${part}`);
  const ones = spatial.map(() => 1);
  const conv: Node = {
    op: 'conv',
    strides: ones,
    pads: [...ones, ...ones].map(() => 0),
    dilations: ones,
    groups: 1,
    name: layer.name,
    inputs: [x, kernel, ...layer.inputs.slice(2)],
    output: o,
  };
  const { name, output } = layer;
  const nodes = graph.nodes.flatMap((node): Node[] =>
    node !== layer
      ? [node]
      : [
          { op: 'transpose', perm: toFirst, name, inputs: [layer.inputs[0]], output: x },
          conv,
          { op: 'transpose', perm: toLast, name, inputs: [o], output },
        ],
  );
  const moved = transposeArray(weights, [1, 0]).data as Float32Array;
  const kernelShape = [filters, inner, ...ones];
  const constants = new Map(graph.constants).set(kernel, { data: moved, shape: kernelShape });
  const shapes = new Map(graph.shapes)
    .set(kernel, kernelShape)
    .set(x, [shape[0], inner, ...spatial])
    .set(o, [shape[0], filters, ...spatial]);
  return { graph: { ...graph, nodes, constants, shapes }, layer: conv };
}
