import { badOption } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import type { CompileOptions, Engine } from '../engine.js';
import { compileNative } from '../compile-native.js';
import { cudaAddon, type CudaPart } from './addon-part.js';
import { checkCompileOptions, unsupported } from '../support.js';
import { CudaNetwork } from './network.js';
import { rememberTiles } from './tuned-tiles.js';

export interface CudaEngineOptions {
  /**
   * Default of `CompileOptions.memoryBudget`, in bytes of device memory. Default: 1 GiB, or an eighth of the device's
   * memory where that is more.
   */
  memoryBudget?: number;
}

const precisions = ['tf32', 'f32', 'bf16'] as const;
/** `maxRank` of native/cuda/view.h. */
const MAX_RANK = 6;
const warned = new Set<string>();

/**
 * The CUDA engine: own kernels, convolutions on tensor cores, everything between input and result on the device. By
 * default `precision: 'tf32'`: 16 bits of every operand forward, which decides which nodes count, gradients in bfloat16,
 * float32 sums; 99 % of the top nodes of float32. `'f32'` is exact, `'bf16'` faster and coarser: float16 forward (or
 * bfloat16, with a warning, where activations pass 65,504), 95 % of the top nodes. Several calls at once run side by side, each in a stream of its own. Results do not depend on how a batch is
 * cut. Where memory is short micro-batches are halved, and a process warning says so once.
 *
 * @throws SmugError ENGINE_UNAVAILABLE where it cannot run, with the reason and the remedy in one line; RangeError for
 *   a bad number of bytes
 */
export function createCudaEngine(options: CudaEngineOptions = {}, part: CudaPart = cudaAddon()): Engine {
  checkCompileOptions(options);
  const { device, capability, memory, driver } = part.information();
  const keepTiles = rememberTiles(part);
  const gigabytes = ((memory ?? 0) / 2 ** 30).toFixed(0);
  return {
    name: 'cuda',
    description: `${device}, compute capability ${capability}, ${gigabytes} GiB, driver for CUDA ${driver}, ${precisions.join(', ')}`,
    supports: (graph, own = {}) =>
      unsupported(graph, own, {
        engine: 'the cuda engine',
        precisions,
        rank: MAX_RANK,
        variableSlopes: false,
      }),
    async compile(graph: Graph, own: CompileOptions = {}) {
      checkCompileOptions(own);
      const precision = own.precision ?? 'tf32';
      if (!precisions.includes(precision)) {
        throw badOption('precision', precision, `one of ${precisions.join(', ')} with the cuda engine`);
      }
      const memoryBudget = own.memoryBudget ?? options.memoryBudget;
      const { handle, numberOf } = await compileNative(part, graph, { memoryBudget, precision });
      return new CudaNetwork(part, handle, graph, numberOf, warn, keepTiles);
    },
  };
}

function warn(message: string): void {
  const kind = message.replace(/\d+/g, '#'); // the same for another network, with other numbers, is no news
  if (warned.has(kind)) return;
  warned.add(kind);
  process.emitWarning(`cuda engine: ${message}.`, { code: 'SMUG_CUDA' });
}
