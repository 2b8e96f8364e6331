import type { Graph } from '../graph/graph.js';

/** The values that `names` are computed from, themselves included. */
export function ancestorsOf(graph: Graph, names: readonly string[]): Set<string> {
  const found = new Set(names);
  for (const node of graph.nodes.toReversed()) {
    if (found.has(node.output)) for (const input of node.inputs) found.add(input);
  }
  return found;
}

/** The values that depend on any of `names`, themselves included. */
export function descendantsOf(graph: Graph, ...names: readonly string[]): Set<string> {
  const found = new Set(names);
  for (const node of graph.nodes) {
    if (node.inputs.some((input) => found.has(input))) found.add(node.output);
  }
  return found;
}
