import { badOption, throwIfAborted } from '../../errors.js';
import { shapeOf, type Graph } from '../../graph/graph.js';
import type { Tensor } from '../../tensor.js';
import type { CompiledNetwork, CompileOptions, Engine, GradientRequest } from '../engine.js';
import { gradientIntegrator } from '../integrator.js';
import { descendantsOf } from '../reachability.js';
import { batchesIn, checkValue, classesFor, joined, partOf } from '../request.js';
import { float32, type Values } from './kernel.js';
import { runBackward, runForward, type Pause } from './network.js';

/**
 * The oracle: every operation as its definition reads, one batch of the graph's own size at a time, sums in
 * float64, values stored as float32. One thread; it gives way to the event loop between operations. The same
 * input gives the same bits at any batch size.
 */
export const referenceEngine: Engine = {
  name: 'reference',
  description: 'plain TypeScript, float32 storage, float64 sums, 1 thread',
  supports: (_graph, { precision = 'f32' } = {}) =>
    precision === 'f32' ? null : `precision '${precision}': the reference engine has f32`,
  async compile(graph: Graph, options: CompileOptions = {}): Promise<CompiledNetwork> {
    if ((options.precision ?? 'f32') !== 'f32') {
      throw badOption('precision', options.precision, 'f32 with the reference engine');
    }
    return new ReferenceNetwork(graph, options.memoryBudget ?? 2 ** 30);
  },
};

class ReferenceNetwork implements CompiledNetwork {
  #graph: Graph | null;
  readonly #memoryBudget: number;

  /** One batch runs at a time, whatever the budget: it bounds the gradients that an integrator keeps. */
  constructor(graph: Graph, memoryBudget: number) {
    this.#graph = graph;
    this.#memoryBudget = memoryBudget;
  }

  /**
   * Several batches are run one after another; what depends on the inputs is joined along axis 0, anything
   * else is the same for all of them and returned once.
   */
  async forward(
    inputs: Tensor[],
    options: { wanted?: string[]; signal?: AbortSignal } = {},
  ): Promise<Tensor[]> {
    const graph = this.#alive();
    const batches = batchesIn(graph, inputs);
    const wanted = options.wanted ?? graph.outputs;
    for (const name of wanted) checkValue(graph, name, 'wanted');
    const varying = descendantsOf(graph, ...graph.inputs);
    const parts: Tensor[][] = wanted.map(() => []);
    const pause = pauseBetweenOperations(options.signal);
    for (let b = 0; b < batches; b++) {
      const operands = inputs.map((input) => partOf(input, b, batches));
      const values = await runForward(graph, operands, wanted, float32, pause);
      wanted.forEach((name, i) => parts[i].push(asTensor(values.get(name)!)));
    }
    return wanted.map((name, i) => joined(varying.has(name) ? parts[i] : parts[i].slice(0, 1)));
  }

  async gradient({ inputs, at, targets, signal }: GradientRequest) {
    const graph = this.#alive();
    const batches = batchesIn(graph, inputs);
    const place = at ?? graph.inputs[0];
    checkValue(graph, place, 'at');
    const classes = classesFor(graph, targets, batches);
    const output = graph.outputs[0];
    const shape = shapeOf(graph, output);
    const values = new Float64Array(targets.length);
    const parts: Tensor[] = [];
    const pause = pauseBetweenOperations(signal);
    for (let b = 0; b < batches; b++) {
      const operands = inputs.map((input) => partOf(input, b, batches));
      const found = await runForward(graph, operands, [output, place], float32, pause);
      const seed = float32(shape);
      for (let n = 0; n < shape[0]; n++) {
        const sample = b * shape[0] + n;
        const index = n * classes + targets[sample];
        seed.data[index] = 1;
        values[sample] = found.get(output)!.data[index];
      }
      parts.push(asTensor(await runBackward(graph, found, output, seed, place, float32, pause)));
    }
    return { values, gradients: joined(parts) };
  }

  async integrator(paths: Parameters<CompiledNetwork['integrator']>[0]) {
    return gradientIntegrator(this, this.#alive(), paths, 1, this.#memoryBudget);
  }

  dispose(): void {
    this.#graph = null;
  }

  #alive(): Graph {
    if (this.#graph === null) throw new Error('the compiled network was disposed');
    return this.#graph;
  }
}

/** Copies, so that a caller who changes a result changes neither weights nor inputs. */
function asTensor(values: Values): Tensor {
  return { data: new Float32Array(values.data), shape: [...values.shape] };
}

/** Lets the event loop run about fifty times per second and stops the run when the signal says so. */
function pauseBetweenOperations(signal: AbortSignal | undefined): Pause {
  let last = performance.now();
  return async () => {
    throwIfAborted(signal);
    if (performance.now() - last < 20) return;
    await new Promise((resolve) => setImmediate(resolve));
    last = performance.now();
    throwIfAborted(signal);
  };
}
