import type { OutputKind } from './split.js';
import { describeLayer } from './first-layer.js';
import type { Graph } from './graph.js';
import { prepareFirstLayer } from './prepare-first-layer.js';
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
  const found = prepareFirstLayer(whole);
  const { x } = describeLayer(found);
  const network = found.graph;
  return endTail(subgraph(network, [x], network.outputs), output).tail;
}
