import { GraphBuilder } from './builder.js';
import type { Graph } from './graph.js';
import { shapeOf } from './graph.js';

/**
 * A network that ends in one row per sample, [1, classes], ended in the difference of two of them instead: [1, 1],
 * output[one] − output[other]. By slices, not by a product: nothing of either is rounded.
 */
export function differenceOf(network: Graph, one: number, other: number): Graph {
  const [output] = network.outputs;
  const builder = new GraphBuilder();
  for (const input of network.inputs) builder.input(input, shapeOf(network, input));
  for (const [name, tensor] of network.constants) builder.constant(name, tensor);
  for (const node of network.nodes) builder.copy(node);
  const ofClass = (index: number, name: string) =>
    builder.add({ op: 'slice', starts: [0, index], ends: [1, index + 1], steps: [1, 1] }, [output], name);
  const inputs = [ofClass(one, 'explained class'), ofClass(other, 'other class')];
  return builder.finish([builder.add({ op: 'sub' }, inputs, 'difference of classes')]);
}
