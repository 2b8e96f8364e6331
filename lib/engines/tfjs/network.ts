import { dependsOnInput, isBatched } from '../../graph/batch.js';
import { shapeOf, type Graph } from '../../graph/graph.js';
import { sizeOf, type Tensor } from '../../tensor.js';
import { throwIfAborted } from '../../errors.js';
import type { CompiledNetwork, CompileOptions, GradientRequest, IntegrationPath } from '../engine.js';
import { gradientIntegrator } from '../integrator.js';
import { batchesIn, checkValue, classesFor, joined, partOf } from '../request.js';
import type { Workers } from './workers.js';

const defaultBudget = 2 ** 30;
const weightBudget = 2 ** 31;
/** Larger micro-batches gain nothing and leave the cache; small networks still fill one with many samples. */
const comfortable = 48 * 2 ** 20;

/** The main thread's side of a network: checks requests, cuts them into micro-batches, hands them out. */
export class TfjsNetwork implements CompiledNetwork {
  readonly #graph: Graph;
  readonly #workers: Workers;
  readonly #id: number;
  readonly #lanes: number;
  readonly #microBatch: number;
  readonly #memoryBudget: number;
  #disposed = false;

  /** `graph` is folded; `id` is its number among the workers' networks. */
  constructor(graph: Graph, workers: Workers, id: number, options: CompileOptions) {
    this.#graph = graph;
    this.#workers = workers;
    this.#id = id;
    this.#lanes = Math.min(workers.size, options.threads ?? workers.size, copiesOfWeights(graph));
    this.#memoryBudget = options.memoryBudget ?? defaultBudget;
    const room = Math.min(comfortable, this.#memoryBudget / this.#lanes);
    this.#microBatch = isBatched(graph) ? Math.max(1, Math.floor(room / bytesPerBatch(graph))) : 1;
  }

  async forward(
    inputs: Tensor[],
    options: { wanted?: string[]; signal?: AbortSignal } = {},
  ): Promise<Tensor[]> {
    this.#alive();
    const graph = this.#graph;
    const batches = batchesIn(graph, inputs);
    const wanted = options.wanted ?? graph.outputs;
    for (const name of wanted) checkValue(graph, name, 'wanted');
    const varying = dependsOnInput(graph);
    const computed = [...new Set(wanted.filter((name) => varying.has(name)))];
    const parts = await this.#inMicroBatches(batches, options.signal, (first, count) =>
      this.#workers.run(
        { kind: 'forward', network: this.#id, inputs: cut(inputs, first, count, batches), wanted: computed },
        options.signal,
      ),
    );
    return wanted.map((name) => {
      if (!varying.has(name)) return copied(graph.constants.get(name)!);
      return concatenated(parts.map((part) => part[computed.indexOf(name)]));
    });
  }

  async gradient({ inputs, at, targets, signal }: GradientRequest) {
    this.#alive();
    const graph = this.#graph;
    const batches = batchesIn(graph, inputs);
    const place = at ?? graph.inputs[0];
    checkValue(graph, place, 'at');
    if (!dependsOnInput(graph).has(place)) {
      throw new RangeError(
        `at: '${place}' is a constant; the tfjs engine has gradients of computed values only`,
      );
    }
    classesFor(graph, targets, batches);
    const samples = targets.length / batches;
    const parts = await this.#inMicroBatches(batches, signal, (first, count) => {
      const own = Array.from({ length: count * samples }, (_, i) => targets[first * samples + i]);
      const part = cut(inputs, first, count, batches);
      const work = { kind: 'gradient', network: this.#id, inputs: part, at: place, targets: own } as const;
      return this.#workers.run(work, signal);
    });
    return {
      values: Float64Array.from(parts.flatMap((part) => [...part.values])),
      gradients: concatenated(parts.map((part) => part.gradients)),
    };
  }

  async integrator(paths: IntegrationPath[]) {
    this.#alive();
    return gradientIntegrator(this, this.#graph, paths, this.#microBatch * this.#lanes, this.#memoryBudget);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#workers.remove(this.#id);
  }

  #alive(): void {
    if (this.#disposed) throw new Error('the compiled network was disposed');
  }

  /** Runs `work` on ranges of batches, no more of them at once than there are lanes; results in order. */
  async #inMicroBatches<T>(
    batches: number,
    signal: AbortSignal | undefined,
    work: (first: number, count: number) => Promise<T>,
  ): Promise<T[]> {
    const size = this.#microBatch;
    const results = new Array<T>(Math.ceil(batches / size));
    let next = 0;
    const lane = async () => {
      while (next < results.length) {
        throwIfAborted(signal);
        const index = next++;
        try {
          results[index] = await work(index * size, Math.min(size, batches - index * size));
        } catch (error) {
          // The whole request fails: the other lanes need not go on.
          next = results.length;
          throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.#lanes, results.length) }, lane));
    return results;
  }
}

/** How many threads may hold the weights, each twice (one way for forward, one for back). */
function copiesOfWeights(graph: Graph): number {
  let bytes = 0;
  for (const { data } of graph.constants.values()) bytes += 2 * data.byteLength;
  return Math.max(1, Math.floor(weightBudget / Math.max(1, bytes)));
}

/** All values of one batch, forward, back and once more for rearranged copies. */
function bytesPerBatch(graph: Graph): number {
  let elements = 0;
  for (const value of dependsOnInput(graph)) elements += sizeOf(shapeOf(graph, value));
  return 3 * 4 * elements;
}

/** Batches `first` … `first + count` of every input, in memory of their own to hand over. */
function cut(inputs: readonly Tensor[], first: number, count: number, batches: number): Tensor[] {
  return inputs.map((input) => {
    const { shape } = partOf(input, 0, batches);
    const length = input.data.length / batches;
    if (shape.length > 0) shape[0] *= count;
    return { data: input.data.slice(first * length, (first + count) * length), shape };
  });
}

/** Tensors one after another along axis 0; the last may be shorter. */
function concatenated(parts: readonly Tensor[]): Tensor {
  if (parts.every((part) => part.data.length === parts[0].data.length)) return joined(parts);
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0));
  let start = 0;
  for (const part of parts) {
    data.set(part.data, start);
    start += part.data.length;
  }
  const rows = parts.reduce((sum, part) => sum + part.shape[0], 0);
  return { data, shape: [rows, ...parts[0].shape.slice(1)] };
}

function copied({ data, shape }: Tensor): Tensor {
  return { data: Float32Array.from(data), shape: [...shape] };
}
