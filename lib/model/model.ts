import type { CompiledNetwork, CompileOptions, Engine } from '../engines/engine.js';
import { SmugError, wrongType } from '../errors.js';
import { isBatched } from '../graph/batch.js';
import { explainedNetwork } from '../graph/explained-network.js';
import type { Graph } from '../graph/graph.js';
import { simplify } from '../graph/simplify.js';
import type { OutputKind, SplitNetwork } from '../graph/split.js';
import { splitNetwork } from '../graph/split-network.js';
import { dataInputs, type ModelFile } from '../loaders/model.js';
import { sizeOf, type Tensor } from '../tensor.js';
import { checkTensor } from './check-tensor.js';

/** Compiled networks kept for repeated calls; the one unused for longest goes first. */
const KEPT_NETWORKS = 4;

/** A graph, its network once one was needed, and the number of runs that hold it. */
interface Prepared {
  graph: Graph;
  network?: Promise<CompiledNetwork>;
  running: number;
  /** Dropped from the cache: the last run frees it. */
  dropped: boolean;
}

/** A model file and the engine that runs it. */
export class Model {
  readonly #prepared = new Map<string, Prepared>();
  readonly #splits = new Map<string, SplitNetwork>();
  readonly #explained = new Map<string, Graph>();
  readonly #parts = new Map<Graph, Promise<CompiledNetwork>>();
  readonly #rougherParts = new Map<Graph, Promise<CompiledNetwork>>();
  readonly #derived = new Set<Model>();
  #disposed = false;

  constructor(
    readonly file: ModelFile,
    readonly engine: Engine,
    /** In force for every part of the model that the engine compiles. */
    readonly compileOptions: CompileOptions = {},
    /** Why this engine runs it, in one line. */
    readonly engineReason = `${engine.name}: given by the caller`,
    /** The graph for one sample, where it was made to choose the engine. */
    known?: Graph,
  ) {
    if (known !== undefined) {
      const key = JSON.stringify([...shapesFor(file, 1)]);
      this.#prepared.set(key, { graph: known, running: 0, dropped: false });
    }
  }

  /**
   * The simplified graph for a batch size; `inputShapes` (by input name, batch axis included) fix dimensions that the
   * file leaves open.
   */
  graphFor(batch = 1, inputShapes: ReadonlyMap<string, readonly number[]> = new Map()): Graph {
    this.#checkUsable();
    return this.#prepare(shapesFor(this.file, batch, inputShapes)).graph;
  }

  /** The network cut at its first layer, for one sample. */
  split(output: OutputKind, inputShapes?: ReadonlyMap<string, readonly number[]>): SplitNetwork {
    return kept(this.#splits, cutKey(output, inputShapes), () =>
      splitNetwork(this.graphFor(1, inputShapes), output),
    );
  }

  /** The whole network to its explained output, for one sample. */
  explained(output: OutputKind, inputShapes?: ReadonlyMap<string, readonly number[]>): Graph {
    return kept(this.#explained, cutKey(output, inputShapes), () =>
      explainedNetwork(this.graphFor(1, inputShapes), output),
    );
  }

  /**
   * Runs the model on tensors in the file's own layout and order; returns the file's outputs.
   *
   * Inputs that feed weight or shape slots are bound to their values. Where the file fixes batch 1 and the
   * tensors hold N samples, the network runs on the whole batch if it keeps samples apart, else sample by
   * sample; outputs are joined along axis 0 either way.
   *
   * @throws SmugError BAD_INPUT when number, shape or values of the inputs do not fit
   */
  async predict(inputs: Tensor[]): Promise<Tensor[]> {
    this.#checkUsable();
    const { data, bound } = this.#sortInputs(inputs);
    const batch = batchBeyondOne(this.file, data);
    if (batch === undefined) return this.#run(this.#prepare(shapesOf(data), bound), [...data.values()]);
    const one = this.#prepare(
      new Map([...data].map(([name, { shape }]) => [name, [1, ...shape.slice(1)]])),
      bound,
    );
    if (isBatched(one.graph)) return this.#run(one, [...data.values()]);
    const rows: Tensor[][] = [];
    for (let sample = 0; sample < batch; sample++)
      rows.push(
        await this.#run(
          one,
          [...data.values()].map((tensor) => sampleOf(tensor, sample)),
        ),
      );
    return rows[0].map((_, output) => joined(rows.map((row) => row[output])));
  }

  /**
   * A part of the model (a `SplitNetwork`'s front or tail) compiled on its engine; compiled once, freed with the
   * model.
   */
  compile(graph: Graph): Promise<CompiledNetwork> {
    return this.#compiled(this.#parts, graph, this.compileOptions);
  }

  /**
   * The same in bfloat16, about twice as fast, for work that something more precise confirms. Null where the caller chose the
   * precision, or the engine or the processor has none that is rougher and faster.
   */
  async compileRougher(graph: Graph): Promise<CompiledNetwork | null> {
    const options = { ...this.compileOptions, precision: 'bf16' } as const;
    // On the cuda engine nobody has measured what it brings: its default is rougher than float32 already.
    const chosen = this.engine.name !== 'cpu' || this.compileOptions.precision !== undefined;
    if (chosen || this.engine.supports?.(graph, options) !== null) return null;
    return this.#compiled(this.#rougherParts, graph, options);
  }

  #compiled(
    parts: Map<Graph, Promise<CompiledNetwork>>,
    graph: Graph,
    options: CompileOptions,
  ): Promise<CompiledNetwork> {
    this.#checkUsable();
    let network = parts.get(graph);
    if (network === undefined) {
      network = this.engine.compile(graph, options);
      parts.set(graph, network);
      network.catch(() => parts.delete(graph));
    }
    return network;
  }

  /** Another reading of the same file, on the same engine; freed with this model, unless it was before. */
  derive(file: ModelFile): Model {
    this.#checkUsable();
    const derived = new Model(file, this.engine, this.compileOptions, this.engineReason);
    this.#derived.add(derived);
    return derived;
  }

  /** Frees a model that `derive` made. */
  forget(derived: Model): void {
    this.#derived.delete(derived);
    derived.dispose();
  }

  /** Frees the engine's weights and buffers, once running calls are done. Calling it twice is allowed. */
  dispose(): void {
    this.#disposed = true;
    for (const derived of this.#derived) derived.dispose();
    this.#derived.clear();
    for (const prepared of this.#prepared.values()) drop(prepared);
    this.#prepared.clear();
    this.#splits.clear();
    this.#explained.clear();
    for (const parts of [this.#parts, this.#rougherParts]) {
      for (const part of parts.values())
        void part.then((network) => network.dispose()).catch(() => undefined);
      parts.clear();
    }
  }

  #prepare(shapes: ReadonlyMap<string, readonly number[]>, bound?: ReadonlyMap<string, Tensor>): Prepared {
    const prepare = (dropped: boolean): Prepared => ({
      graph: simplify(this.file.instantiate(shapes, bound)),
      running: 0,
      dropped,
    });
    // Bound values may change from call to call, so nothing made with them is kept.
    if (bound !== undefined && bound.size > 0) return prepare(true);
    const key = JSON.stringify([...shapes]);
    const prepared = this.#prepared.get(key) ?? prepare(false);
    this.#prepared.delete(key);
    this.#prepared.set(key, prepared);
    for (const [oldest, unused] of this.#prepared) {
      if (this.#prepared.size <= KEPT_NETWORKS) break;
      this.#prepared.delete(oldest);
      drop(unused);
    }
    return prepared;
  }

  /** Outputs that depend on no input are constants of the graph; the engine computes the others. */
  async #run(prepared: Prepared, inputs: Tensor[]): Promise<Tensor[]> {
    const { graph } = prepared;
    const computed = graph.outputs.filter((output) => !graph.constants.has(output));
    const results = new Map<string, Tensor>();
    if (computed.length > 0) {
      prepared.running++;
      try {
        prepared.network ??= this.engine.compile({ ...graph, outputs: computed }, this.compileOptions);
        const values = await (await prepared.network).forward(inputs);
        computed.forEach((output, at) => results.set(output, values[at]));
      } finally {
        prepared.running--;
        if (prepared.dropped) drop(prepared);
      }
    }
    return graph.outputs.map((output) => results.get(output) ?? (graph.constants.get(output) as Tensor));
  }

  #sortInputs(inputs: Tensor[]): { data: Map<string, Tensor>; bound: Map<string, Tensor> } {
    const expected = this.file.inputs;
    if (!Array.isArray(inputs)) throw wrongType('inputs', inputs, 'a list of tensors { data, shape }');
    if (inputs.length !== expected.length)
      throw new SmugError(
        'BAD_INPUT',
        `The model has ${expected.length} inputs (${expected.map(({ name }) => name).join(', ')}), got ${inputs.length} tensors.`,
      );
    const data = new Map<string, Tensor>();
    const bound = new Map<string, Tensor>();
    expected.forEach((input, at) =>
      (input.parameter ? bound : data).set(input.name, checkTensor(`Input '${input.name}'`, inputs[at])),
    );
    return { data, bound };
  }

  #checkUsable(): void {
    if (this.#disposed) throw new Error('The model was disposed; load it again to use it.');
  }
}

function cutKey(output: OutputKind, inputShapes?: ReadonlyMap<string, readonly number[]>): string {
  return `${output} ${JSON.stringify([...(inputShapes ?? [])])}`;
}

function kept<T>(values: Map<string, T>, key: string, make: () => T): T {
  const value = values.get(key) ?? make();
  values.set(key, value);
  return value;
}

function drop(prepared: Prepared): void {
  prepared.dropped = true;
  if (prepared.running > 0 || prepared.network === undefined) return;
  // A network that failed to compile was reported to whoever asked for it.
  prepared.network.then(
    (network) => network.dispose(),
    () => undefined,
  );
  prepared.network = undefined;
}

/** The simplified graph for one sample; undefined where the file leaves dimensions open, or cannot be run at all. */
export function graphOfOneSample(file: ModelFile): Graph | undefined {
  const shapes = shapesFor(file, 1);
  if (file.inputs.some(({ parameter }) => parameter)) return undefined;
  if ([...shapes.values()].some((shape) => shape.some((size) => size < 0))) return undefined;
  try {
    return simplify(file.instantiate(shapes));
  } catch (error) {
    // Whoever runs the model is told.
    if (error instanceof SmugError) return undefined;
    throw error;
  }
}

function shapesFor(
  file: ModelFile,
  batch: number,
  inputShapes: ReadonlyMap<string, readonly number[]> = new Map(),
): Map<string, readonly number[]> {
  return new Map(
    dataInputs(file).map(({ name, shape }) => [
      name,
      inputShapes.get(name) ?? shape.map((size, axis) => (axis === 0 && size < 0 ? batch : size)),
    ]),
  );
}

function shapesOf(tensors: ReadonlyMap<string, Tensor>): Map<string, readonly number[]> {
  return new Map([...tensors].map(([name, { shape }]) => [name, shape]));
}

/** The number of samples, where all inputs hold the same number above one and the file fixes one. */
function batchBeyondOne(file: ModelFile, data: ReadonlyMap<string, Tensor>): number | undefined {
  const batches = new Set([...data.values()].map(({ shape }) => shape[0]));
  const [batch] = batches;
  if (batches.size !== 1 || batch === undefined || batch < 2) return undefined;
  return dataInputs(file).every(({ shape }) => shape[0] === 1) ? batch : undefined;
}

function sampleOf({ data, shape }: Tensor, sample: number): Tensor {
  const size = sizeOf(shape.slice(1));
  return { data: data.subarray(sample * size, (sample + 1) * size), shape: [1, ...shape.slice(1)] };
}

function joined(rows: Tensor[]): Tensor {
  const [{ data, shape }] = rows;
  const all = new Float32Array(data.length * rows.length);
  rows.forEach((row, at) => all.set(row.data, at * data.length));
  return { data: all, shape: [(shape[0] ?? 1) * rows.length, ...shape.slice(1)] };
}
