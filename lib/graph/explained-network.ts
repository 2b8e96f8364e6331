import type { OutputKind } from './split.js';
import { describeLayer, findFirstLayer } from './first-layer.js';
import type { Graph } from './graph.js';
import { hoistActivation } from './hoist-activation.js';
import { pointwiseAsConvolution } from './pointwise-layer.js';
import { simplify } from './simplify.js';
import { subgraph } from './subgraph.js';
import { endTail } from './tail-end.js';

/**
 * The whole network, from the model's input to the explained output `[1, classes]`: what explanations call F, ended as
 * `SplitNetwork.tail` is.
 */
export function explainedNetwork(graph: Graph, output: OutputKind): Graph {
  return endTail(simplify({ ...graph, outputs: graph.outputs.slice(0, 1) }), output).tail;
}

/**
 * The same from X, what the first layer reads: embedded words, or the prepared picture. For methods that take gradients
 * there.
 * @throws SmugError UNSUPPORTED_MODEL as `splitNetwork`
 */
export function networkFromFirstLayer(graph: Graph, output: OutputKind): Graph {
  const whole = simplify({ ...graph, outputs: graph.outputs.slice(0, 1) });
  const { graph: prepared, layer: first } = pointwiseAsConvolution(whole, findFirstLayer(whole));
  const network = hoistActivation(prepared, first);
  const { x } = describeLayer(network, first);
  return endTail(subgraph(network, [x], network.outputs), output).tail;
}
