import { normalSource } from '../explainers/image/normal-numbers.js';
import type { Graph, Node } from '../graph/graph.js';
import type { Tensor } from '../tensor.js';

/** The layers of a graph that have weights of their own: convolutions and dense layers, from the input to the output. */
export function weightedLayers({ nodes, constants }: Graph): Node[] {
  return nodes.filter(({ op, inputs }) => (op === 'conv' || op === 'dense') && constants.has(inputs[1]));
}

/**
 * The graph with random weights and biases in its last `count` weighted layers: normal numbers with the mean and deviation of those that
 * they replace, so that activations keep their size. A layer gets the same ones whatever `count` is.
 */
export function withRandomLayers(graph: Graph, count: number, seed: number): Graph {
  const constants = new Map(graph.constants);
  const shapes = new Map(graph.shapes);
  const replaced = new Map<Node, Node>();
  weightedLayers(graph)
    .reverse()
    .slice(0, count)
    .forEach((node, fromEnd) => {
      const normal = normalSource(seed + fromEnd);
      const inputs = node.inputs.map((name, at) => {
        const weights = at === 0 ? undefined : graph.constants.get(name);
        if (weights === undefined) return name;
        // Layers may share weights, and a constant may be read by what is no layer.
        const random = `${name} (random, ${node.output})`;
        constants.set(random, randomLike(weights, normal));
        shapes.set(random, weights.shape);
        return random;
      });
      replaced.set(node, { ...node, inputs });
    });
  return { ...graph, nodes: graph.nodes.map((node) => replaced.get(node) ?? node), constants, shapes };
}

function randomLike({ data, shape }: Tensor, normal: () => number): Tensor {
  const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
  const deviation = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length);
  return { data: data.map(() => mean + deviation * normal()), shape: [...shape] };
}
