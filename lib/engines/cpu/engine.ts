import { fromEnvironment } from '../../api/check.js';
import { options as declared } from '../../api/options.js';
import { badOption } from '../../errors.js';
import type { Graph } from '../../graph/graph.js';
import type { CompileOptions, Engine } from '../engine.js';
import { compileNative } from '../compile-native.js';
import { cpuAddon } from './addon-part.js';
import { checkCompileOptions, unsupported } from '../support.js';
import { CpuNetwork } from './network.js';

export interface CpuEngineOptions {
  /** Default of `CompileOptions.threads`. Default: the environment variable SMUG_THREADS, else one per core. */
  threads?: number;
  /** Default of `CompileOptions.memoryBudget`, in bytes. Default: 1 GiB. */
  memoryBudget?: number;
}

/**
 * The native engine on oneDNN. Micro-batches of all running calls share one pool of threads, so several calls at
 * once never use more cores than one; the event loop stays free. Float32 by default; `precision: 'bf16'` where the
 * processor has AVX512-BF16 or AMX. Results do not depend on the number of threads or on the batch a sample is in.
 *
 * @throws SmugError ENGINE_UNAVAILABLE when the addon or its cpu part is missing, with the commands that mend it;
 *   RangeError for a bad number of threads or bytes.
 */
export function createCpuEngine(options: CpuEngineOptions = {}): Engine {
  const addon = cpuAddon();
  checkCompileOptions(options);
  const { version, instructionSet, threads, precisions } = addon.information();
  const lanes = options.threads ?? (fromEnvironment(declared.threads) as number | undefined) ?? threads;
  return {
    name: 'cpu',
    description:
      `${version}, ${instructionSet}, ${lanes} thread${lanes === 1 ? '' : 's'}, ` + precisions.join(' and '),
    supports: (graph, own = {}) => unsupported(graph, own, { engine: 'the cpu engine', precisions }),
    async compile(graph: Graph, own: CompileOptions = {}) {
      checkCompileOptions(own);
      const precision = own.precision ?? 'f32';
      if (!(precisions as string[]).includes(precision)) {
        throw badOption(
          'precision',
          precision,
          `${precisions.join(' or ')}, which the cpu engine has on this processor (bf16 needs AVX512-BF16 or AMX)`,
        );
      }
      const { handle, numberOf } = await compileNative(addon, graph, {
        memoryBudget: own.memoryBudget ?? options.memoryBudget ?? 2 ** 30,
        threads: own.threads ?? lanes,
        precision,
      });
      return new CpuNetwork(addon, handle, graph, numberOf);
    },
  };
}
