import type { Graph } from '../../graph/graph.js';
import type { GradientRequest, GradientResult, IntegrationPath, PathPoint, TopScores } from '../engine.js';
import { smugErrorFrom } from '../native-failure.js';
import { NativeIntegrator, NativeNetwork } from '../native-network.js';
import type { IntegratorHandle, NetworkHandle } from '../native-part.js';
import type { CudaPart } from './addon-part.js';

/** A graph compiled for the device. What the executor has to say becomes process warnings, each once. */
export class CudaNetwork extends NativeNetwork<CudaPart> {
  /** With 7 points each they make up what `native/cuda/integrator.cc` gives one lane. */
  readonly pathsThatFill = 32;
  readonly #notices: () => void;

  constructor(
    addon: CudaPart,
    handle: NetworkHandle,
    graph: Graph,
    numberOf: ReadonlyMap<string, number>,
    warn: (message: string) => void,
    keepTiles: () => void,
  ) {
    super(addon, handle, graph, numberOf);
    this.#notices = () => {
      const notice = this.handle === null ? '' : addon.notice(this.handle);
      if (notice !== '') warn(notice);
      keepTiles();
    };
  }

  override async forward(...request: Parameters<NativeNetwork['forward']>) {
    const results = await super.forward(...request);
    this.#notices();
    return results;
  }

  override async gradient(request: GradientRequest): Promise<GradientResult> {
    const result = await super.gradient(request);
    this.#notices();
    return result;
  }

  kernels(): Record<string, number> {
    return this.addon.kernels(this.alive());
  }

  override async integrator(paths: IntegrationPath[]): Promise<CudaIntegrator> {
    const { native, fitting } = await this.startPaths(paths);
    return new CudaIntegrator(this.addon, native, paths.length, fitting, this.#notices);
  }
}

/** Keeps activations and gradients on the device. */
export class CudaIntegrator extends NativeIntegrator<CudaPart> {
  readonly #notices: () => void;

  constructor(
    addon: CudaPart,
    handle: IntegratorHandle,
    paths: number,
    pointsThatFit: number,
    notices: () => void,
  ) {
    super(addon, handle, paths, pointsThatFit);
    this.#notices = notices;
  }

  override async evaluate(points: PathPoint[], options?: { signal?: AbortSignal }): Promise<Float64Array> {
    const values = await super.evaluate(points, options);
    this.#notices();
    return values;
  }

  async top(path: number, weights: Float64Array, k: number): Promise<TopScores> {
    const handle = this.checkWeights(path, weights);
    if (!Number.isInteger(k) || k < 1) throw new RangeError(`k is ${k}, expected a positive whole number`);
    try {
      return await this.addon.top(handle, path, weights, k);
    } catch (error) {
      throw smugErrorFrom(error);
    }
  }
}
