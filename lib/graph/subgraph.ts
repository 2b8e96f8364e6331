import type { Graph, Node } from './graph.js';
import { shapeOf } from './graph.js';
import { prune } from './simplify.js';

/**
 * The part of a graph that computes `outputs` from `inputs`, which may be inner values. Throws nothing: the
 * caller knows that the outputs depend on the inputs and constants alone.
 */
export function subgraph(graph: Graph, inputs: string[], outputs: string[]): Graph {
  const cut = new Set(inputs);
  return prune({ ...graph, inputs, outputs, nodes: graph.nodes.filter((node) => !cut.has(node.output)) });
}

/** A graph of one value that passes through, and of what `nodes` make of it. */
export function chain(graph: Graph, input: string, nodes: Node[]): Graph {
  const output = nodes.at(-1)?.output ?? input;
  return prune({ ...graph, inputs: [input], outputs: [output], nodes });
}

/** The nodes that read a value. */
export function readersOf(graph: Graph, value: string): Node[] {
  return graph.nodes.filter((node) => node.inputs.includes(value));
}

/** Shape without the batch axis. */
export function sampleShape(graph: Graph, value: string): number[] {
  return shapeOf(graph, value).slice(1);
}
