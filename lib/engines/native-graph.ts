import type { Graph } from '../graph/graph.js';

/** A graph as the addon takes it: values and nodes numbered, weights by reference (the addon copies them). */
export interface NativeGraph {
  values: { name: string; shape: readonly number[]; data?: Float32Array }[];
  inputs: number[];
  outputs: number[];
  nodes: object[];
}

export interface NumberedGraph {
  native: NativeGraph;
  /** The number of a value; undefined for a name the graph does not have. */
  numberOf: ReadonlyMap<string, number>;
}

/** Numbers the values of a graph for the addon (see binding/graph_conversion.h). */
export function numberedGraph(graph: Graph): NumberedGraph {
  const numberOf = new Map([...graph.shapes.keys()].map((name, number) => [name, number]));
  const numbers = (names: readonly string[]) => names.map((name) => numberOf.get(name)!);
  return {
    numberOf,
    native: {
      values: [...graph.shapes].map(([name, shape]) => ({
        name,
        shape,
        data: graph.constants.get(name)?.data,
      })),
      inputs: numbers(graph.inputs),
      outputs: numbers(graph.outputs),
      nodes: graph.nodes.map((node) => ({
        ...node,
        inputs: numbers(node.inputs),
        output: numberOf.get(node.output)!,
      })),
    },
  };
}
