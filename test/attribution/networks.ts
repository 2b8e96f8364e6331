import { GraphBuilder } from '../../dist/graph/builder.js';
import { referenceEngine } from '../../dist/engines/reference/engine.js';
import type { CompiledNetwork } from '../../dist/engines/engine.js';
import type { Tensor } from '../../dist/tensor.js';

export function row(...values: number[]): Tensor {
  return { data: Float32Array.from(values), shape: [1, values.length] };
}

/** a → W₂ act(W₁ a + b₁) + b₂ on the reference engine; `weights` are [inputs][outputs]. */
export async function smallNetwork(
  layers: { weights: number[][]; bias: number[]; activation?: 'relu' | 'tanh' | 'softplus' }[],
  softmax = false,
): Promise<CompiledNetwork> {
  const graph = new GraphBuilder();
  let value = graph.input('a', [1, layers[0].weights.length]);
  for (const [at, { weights, bias, activation }] of layers.entries()) {
    const w = graph.constant(`w${at}`, {
      data: Float32Array.from(weights.flat()),
      shape: [weights.length, bias.length],
    });
    const b = graph.constant(`b${at}`, { data: Float32Array.from(bias), shape: [bias.length] });
    value = graph.add({ op: 'dense' }, [value, w, b], `dense${at}`);
    if (activation) value = graph.add({ op: activation }, [value], `act${at}`);
  }
  if (softmax) value = graph.add({ op: 'softmax', axis: 1 }, [value], 'softmax');
  return referenceEngine.compile(graph.finish([value]));
}

/** Counts what a network is asked to do. */
export function counted(network: CompiledNetwork): {
  network: CompiledNetwork;
  counts: { forward: number; points: number; alphas: number[] };
} {
  const counts = { forward: 0, points: 0, alphas: [] as number[] };
  return {
    counts,
    network: {
      ...network,
      forward: (inputs, options) => {
        counts.forward += inputs[0].shape[0];
        return network.forward(inputs, options);
      },
      gradient: (request) => network.gradient(request),
      integrator: async (paths) => {
        const integrator = await network.integrator(paths);
        return {
          evaluate: (points, options) => {
            counts.points += points.length;
            counts.alphas.push(...points.map(({ alpha }) => alpha));
            return integrator.evaluate(points, options);
          },
          combine: (path, weights) => integrator.combine(path, weights),
          dispose: () => integrator.dispose(),
        };
      },
      dispose: () => network.dispose(),
    },
  };
}
