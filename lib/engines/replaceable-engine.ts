import { SmugError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import type {
  CompiledNetwork,
  CompileOptions,
  Engine,
  GradientRequest,
  IntegrationPath,
  PathIntegrator,
} from './engine.js';

/**
 * An engine whose device may be lost, where the caller left the choice of an engine to us. The job at hand fails with
 * DEVICE_LOST; whatever is asked afterwards, also of networks that were compiled before, runs on the engine that
 * `next` gives, and `name` says so.
 */
export function replaceable(first: Engine, next: () => Promise<Engine>): Engine {
  let current = first;
  let replacing: Promise<Engine> | undefined;

  const usable = (): Promise<Engine> => replacing ?? Promise.resolve(current);
  /** Runs `work`, and turns to the next engine when it fails because the device is gone. */
  const watched = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (error instanceof SmugError && error.code === 'DEVICE_LOST' && replacing === undefined) {
        replacing = next().then((engine) => (current = engine));
        // Whoever asks next is told of a failure; nobody may ask.
        replacing.catch(() => undefined);
      }
      throw error;
    }
  };

  return {
    get name() {
      return current.name;
    },
    get description() {
      return current.description;
    },
    supports: (graph, options) => current.supports?.(graph, options) ?? null,
    async compile(graph: Graph, options?: CompileOptions) {
      return ReplaceableNetwork.compiled(usable, watched, graph, options);
    },
  };
}

class ReplaceableNetwork implements CompiledNetwork {
  #engine: Engine;
  #network: Promise<CompiledNetwork>;
  /** The last one that was compiled. */
  #compiled: CompiledNetwork;
  #disposed = false;

  private constructor(
    engine: Engine,
    network: CompiledNetwork,
    readonly usable: () => Promise<Engine>,
    readonly watched: <T>(work: Promise<T>) => Promise<T>,
    readonly graph: Graph,
    readonly options?: CompileOptions,
  ) {
    this.#engine = engine;
    this.#network = Promise.resolve(network);
    this.#compiled = network;
  }

  get pathsThatFill(): number | undefined {
    return this.#compiled.pathsThatFill;
  }

  static async compiled(
    usable: () => Promise<Engine>,
    watched: <T>(work: Promise<T>) => Promise<T>,
    graph: Graph,
    options?: CompileOptions,
  ): Promise<ReplaceableNetwork> {
    const engine = await usable();
    const network = await watched(engine.compile(graph, options));
    return new ReplaceableNetwork(engine, network, usable, watched, graph, options);
  }

  async forward(...request: Parameters<CompiledNetwork['forward']>) {
    const network = await this.#current();
    return this.watched(network.forward(...request));
  }

  async gradient(request: GradientRequest) {
    const network = await this.#current();
    return this.watched(network.gradient(request));
  }

  async integrator(paths: IntegrationPath[]): Promise<PathIntegrator> {
    const network = await this.#current();
    const integrator = await this.watched(network.integrator(paths));
    const { watched } = this;
    const { slopes, top } = integrator;
    return {
      pointsThatFit: integrator.pointsThatFit,
      evaluate: (points, options) => watched(integrator.evaluate(points, options)),
      combine: (path, weights) => watched(integrator.combine(path, weights)),
      slopes: slopes && ((path) => watched(slopes.call(integrator, path))),
      top: top && ((path, weights, k) => watched(top.call(integrator, path, weights, k))),
      dispose: () => integrator.dispose(),
    };
  }

  dispose(): void {
    this.#disposed = true;
    void this.#network.then(
      (network) => network.dispose(),
      () => undefined,
    );
  }

  async #current(): Promise<CompiledNetwork> {
    if (this.#disposed) throw new Error('the compiled network was disposed');
    const engine = await this.usable();
    if (engine !== this.#engine) {
      this.#engine = engine;
      void this.#network.then((lost) => lost.dispose()).catch(() => undefined);
      this.#network = engine.compile(this.graph, this.options);
    }
    return (this.#compiled = await this.#network);
  }
}
