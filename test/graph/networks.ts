import { referenceEngine } from '../../dist/engines/reference/engine.js';
import { GraphBuilder } from '../../dist/graph/builder.js';
import type { Graph } from '../../dist/graph/graph.js';
import { sizeOf, type Tensor } from '../../dist/tensor.js';
import { Random } from '../support/random.js';

/** A graph being written down: an input `x`, random constants, an output named last. */
export class Sketch extends GraphBuilder {
  readonly random: Random;

  constructor(inputShape: number[], seed = 1) {
    super(['x', 'y']);
    this.random = new Random(seed);
    this.input('x', inputShape);
  }

  weights(...shape: number[]): string {
    return this.constant('w', this.random.tensor(shape));
  }

  values(values: number[], shape = [values.length]): string {
    return this.constant('v', { data: Float32Array.from(values), shape });
  }

  /** A convolution with a bias and a square kernel. */
  conv(
    x: string,
    filters: number,
    kernel = 3,
    options: { pads?: number[]; strides?: number[]; name?: string } = {},
  ): string {
    const { pads = [0, 0, 0, 0], strides = [1, 1], name = 'conv' } = options;
    const channels = this.shape(x)[1];
    const inputs = [x, this.weights(filters, channels, kernel, kernel), this.weights(filters)];
    return this.add({ op: 'conv', strides, pads, dilations: [1, 1], groups: 1 }, inputs, name);
  }

  dense(x: string, units: number, name = 'dense'): string {
    const columns = this.shape(x).at(-1) as number;
    return this.add({ op: 'dense' }, [x, this.weights(columns, units), this.weights(units)], name);
  }

  flatten(x: string): string {
    const shape = this.shape(x);
    return this.add({ op: 'reshape', shape: [shape[0], sizeOf(shape.slice(1))] }, [x], 'flatten');
  }

  end(output: string): Graph {
    return this.finish([output]);
  }
}

export async function run(graph: Graph, ...inputs: Tensor[]): Promise<Tensor> {
  const network = await referenceEngine.compile(graph);
  try {
    return (await network.forward(inputs))[0];
  } finally {
    network.dispose();
  }
}

/** Largest |a − b| / (1 + |b|). */
export function distance(a: Tensor, b: Tensor): number {
  if (a.shape.join() !== b.shape.join()) return Infinity;
  return b.data.reduce(
    (worst, value, i) => Math.max(worst, Math.abs(a.data[i] - value) / (1 + Math.abs(value))),
    0,
  );
}
