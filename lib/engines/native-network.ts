import { throwIfAborted } from '../errors.js';
import { dependsOnInput } from '../graph/batch.js';
import { shapeOf, type Graph } from '../graph/graph.js';
import type { Tensor } from '../tensor.js';
import type {
  CompiledNetwork,
  GradientRequest,
  GradientResult,
  IntegrationPath,
  PathIntegrator,
  PathPoint,
} from './engine.js';
import { checkPath, checkPaths, checkPoint, checkRoom } from './integrator.js';
import { batchesIn, checkValue, classesFor } from './request.js';
import { inSmugTerms, smugErrorFrom } from './native-failure.js';
import type { CancelFlag, IntegratorHandle, NativePart, NetworkHandle, RunRequest } from './native-part.js';

/** A graph compiled by the addon. */
export class NativeNetwork<P extends NativePart = NativePart> implements CompiledNetwork {
  protected readonly addon: P;
  protected handle: NetworkHandle | null;
  readonly #graph: Graph;
  readonly #numberOf: ReadonlyMap<string, number>;

  constructor(addon: P, handle: NetworkHandle, graph: Graph, numberOf: ReadonlyMap<string, number>) {
    this.addon = addon;
    this.handle = handle;
    this.#graph = graph;
    this.#numberOf = numberOf;
  }

  async forward(
    inputs: Tensor[],
    { wanted = this.#graph.outputs, signal }: { wanted?: string[]; signal?: AbortSignal } = {},
  ): Promise<Tensor[]> {
    const handle = this.alive();
    const batches = batchesIn(this.#graph, inputs);
    for (const name of wanted) checkValue(this.#graph, name, 'wanted');
    const request: RunRequest = {
      batches,
      wanted: wanted.map((name) => this.#numberOf.get(name)!),
      gradientsAt: [],
      inputs: inputs.map(({ data }) => data),
    };
    const { outputs } = await cancellable(this.addon, signal, (flag) =>
      this.addon.run(handle, request, flag),
    );
    const varying = dependsOnInput(this.#graph);
    return wanted.map((name, i) => ({
      data: outputs[i],
      shape: this.#shape(name, varying.has(name) ? batches : 1),
    }));
  }

  async gradient({ inputs, at, targets, signal }: GradientRequest): Promise<GradientResult> {
    const handle = this.alive();
    const request = this.gradientRequest({ inputs, at, targets });
    const found = await cancellable(this.addon, signal, (flag) => this.addon.run(handle, request, flag));
    const shape = this.#shape(at ?? this.#graph.inputs[0], request.batches);
    return { values: found.values!, gradients: { data: found.outputs[0], shape } };
  }

  /** Checked; also what `profile` takes. */
  gradientRequest({ inputs, at, targets }: GradientRequest): RunRequest {
    const batches = batchesIn(this.#graph, inputs);
    const place = at ?? this.#graph.inputs[0];
    checkValue(this.#graph, place, 'at');
    if (!dependsOnInput(this.#graph).has(place)) {
      throw new RangeError(
        `at: '${place}' does not depend on the inputs; this engine has no gradient of weights`,
      );
    }
    classesFor(this.#graph, targets, batches);
    return {
      batches,
      wanted: [],
      gradientsAt: [this.#numberOf.get(place)!],
      inputs: inputs.map(({ data }) => data),
      targets: Int32Array.from(targets),
    };
  }

  async integrator(paths: IntegrationPath[]): Promise<NativeIntegrator> {
    const { native, fitting } = await this.startPaths(paths);
    return new NativeIntegrator(this.addon, native, paths.length, fitting);
  }

  /** The addon's integrator and how many points per path fit in memory. */
  protected async startPaths(
    paths: IntegrationPath[],
  ): Promise<{ native: IntegratorHandle; fitting: number }> {
    const handle = this.alive();
    checkPaths(this.#graph, paths);
    classesFor(
      this.#graph,
      paths.map(({ target }) => target),
      paths.length,
    );
    const native = inSmugTerms(() =>
      this.addon.integrator(
        handle,
        paths.map(({ activation, baseline, target }) => ({
          activation: activation.data,
          baseline: baseline?.data,
          target,
        })),
      ),
    );
    return { native, fitting: await this.addon.pointsThatFit(native) };
  }

  dispose(): void {
    if (this.handle !== null) this.addon.dispose(this.handle);
    this.handle = null;
  }

  #shape(name: string, batches: number): number[] {
    const shape = [...shapeOf(this.#graph, name)];
    if (shape.length > 0) shape[0] *= batches;
    else if (batches > 1) shape.push(batches);
    return shape;
  }

  protected alive(): NetworkHandle {
    if (this.handle === null) throw new Error('the compiled network was disposed');
    return this.handle;
  }
}

/** Keeps its gradients within the network's memory budget. */
export class NativeIntegrator<P extends NativePart = NativePart> implements PathIntegrator {
  protected readonly addon: P;
  protected handle: IntegratorHandle | null;
  readonly #paths: number;
  readonly #points: number[];
  readonly pointsThatFit: number;

  constructor(addon: P, handle: IntegratorHandle, paths: number, pointsThatFit: number) {
    this.addon = addon;
    this.handle = handle;
    this.#paths = paths;
    this.#points = new Array<number>(paths).fill(0);
    this.pointsThatFit = pointsThatFit;
  }

  async evaluate(points: PathPoint[], { signal }: { signal?: AbortSignal } = {}): Promise<Float64Array> {
    const handle = this.alive();
    points.forEach((point, i) => checkPoint(point, i, this.#paths));
    checkRoom(points, this.#points, this.pointsThatFit);
    const paths = Int32Array.from(points, ({ path }) => path);
    const alphas = Float64Array.from(points, ({ alpha }) => alpha);
    const values = await cancellable(this.addon, signal, (flag) =>
      this.addon.evaluate(handle, paths, alphas, flag),
    );
    for (const path of paths) this.#points[path]++;
    return values;
  }

  async combine(path: number, weights: Float64Array): Promise<Float32Array> {
    const handle = this.checkWeights(path, weights);
    try {
      return await this.addon.combine(handle, path, weights);
    } catch (error) {
      throw smugErrorFrom(error);
    }
  }

  protected checkWeights(path: number, weights: Float64Array): IntegratorHandle {
    const handle = this.alive();
    checkPath(path, this.#paths);
    if (weights.length !== this.#points[path]) {
      throw new RangeError(
        `weights: path ${path} has ${this.#points[path]} evaluated points, got ${weights.length} weights`,
      );
    }
    return handle;
  }

  async slopes(path: number): Promise<Float64Array> {
    const handle = this.alive();
    checkPath(path, this.#paths);
    try {
      return await this.addon.slopes(handle, path);
    } catch (error) {
      throw smugErrorFrom(error);
    }
  }

  dispose(): void {
    if (this.handle !== null) this.addon.dispose(this.handle);
    this.handle = null;
  }

  protected alive() {
    if (this.handle === null) throw new Error('the path integrator was disposed');
    return this.handle;
  }
}

/** Runs native work that looks at a flag between micro-batches, and raises it when the signal aborts. */
async function cancellable<T>(
  addon: NativePart,
  signal: AbortSignal | undefined,
  work: (flag: CancelFlag) => Promise<T>,
): Promise<T> {
  throwIfAborted(signal);
  const flag = addon.cancelFlag();
  const raise = () => addon.cancel(flag);
  signal?.addEventListener('abort', raise, { once: true });
  try {
    const result = await work(flag);
    throwIfAborted(signal);
    return result;
  } catch (error) {
    throw smugErrorFrom(error, signal);
  } finally {
    signal?.removeEventListener('abort', raise);
  }
}
