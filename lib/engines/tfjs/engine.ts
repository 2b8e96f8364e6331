import { availableParallelism } from 'node:os';
import { fromEnvironment } from '../../api/check.js';
import { options as declared } from '../../api/options.js';
import { badOption } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import type { CompileOptions, Engine } from '../engine.js';
import { backendNames, type BackendName } from './backend.js';
import { folded } from './folding.js';
import { checkCompileOptions, unsupported } from '../support.js';
import { TfjsNetwork } from './network.js';
import { Workers } from './workers.js';

export interface TfjsOptions {
  /**
   * `wasm` (default), or `node` / `node-gpu` where `@tensorflow/tfjs-node` / `@tensorflow/tfjs-node-gpu` is
   * installed. The environment variable SMUG_TFJS_BACKEND sets the default.
   */
  backend?: BackendName;
  /**
   * Worker threads, each with its own copy of the weights. Default for `wasm`: SMUG_THREADS, else one per core,
   * 8 at most; the others have one, as their library has threads of its own.
   */
  threads?: number;
  /** What to import instead of the back end's package (name, path or URL); not for `wasm`. */
  module?: string;
}

/** An engine with threads to count tensors in and to end. */
export interface TfjsEngine extends Engine {
  /** Tensors alive in each thread, weights included. */
  tensorCounts(): Promise<number[]>;
  /** Ends the threads at once; running work is rejected. Not needed for the process to exit. */
  end(): Promise<void>;
}

/**
 * The fallback engine: the graph run forward and back through TensorFlow.js kernels in worker threads, so that
 * the event loop stays free. A batch is cut into micro-batches that the threads share; on the WASM back end a
 * micro-batch runs on one thread (TensorFlow.js has no threads in Node). Float32 throughout.
 *
 * @throws SmugError ENGINE_UNAVAILABLE when the back end cannot be loaded, with the command that mends it;
 *   RangeError for an unknown back end or a bad number of threads.
 */
export async function createTfjsEngine(options: TfjsOptions = {}): Promise<TfjsEngine> {
  const backend = options.backend ?? process.env.SMUG_TFJS_BACKEND ?? 'wasm';
  if (!isBackend(backend)) {
    throw badOption(
      options.backend === undefined ? 'SMUG_TFJS_BACKEND' : 'backend',
      backend,
      `one of ${backendNames.join(', ')}`,
    );
  }
  const threads = backend === 'wasm' ? (options.threads ?? defaultThreads()) : 1;
  checkCompileOptions({ threads });
  const workers = new Workers(threads, { backend, module: options.module });
  const description = await workers.start();
  return {
    name: 'tfjs',
    description: `${description}, ${threads} worker thread${threads === 1 ? '' : 's'}`,
    supports: (graph, own = {}) =>
      unsupported(graph, own, { engine: 'the tfjs engine', precisions: ['f32'] }),
    async compile(graph: Graph, compileOptions: CompileOptions = {}) {
      checkCompileOptions(compileOptions);
      const { precision = 'f32' } = compileOptions;
      if (precision !== 'f32') throw badOption('precision', precision, 'f32 with the tfjs engine');
      const own = await folded(graph);
      return new TfjsNetwork(own, workers, await workers.add(own), compileOptions);
    },
    tensorCounts: () => workers.counts(),
    end: () => workers.end(),
  };
}

function isBackend(name: string): name is BackendName {
  return (backendNames as readonly string[]).includes(name);
}

function defaultThreads(): number {
  return (fromEnvironment(declared.threads) as number | undefined) ?? Math.min(8, availableParallelism());
}
