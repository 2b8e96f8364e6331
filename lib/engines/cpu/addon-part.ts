import { addonAttempts, loadAddon } from '../../addon.js';
import { SmugError } from '../../errors.js';
import type { NativeGraph } from '../native-graph.js';

declare const handle: unique symbol;
/** Things of the addon that JavaScript only passes on. */
export type NetworkHandle = { [handle]: 'network' };
export type IntegratorHandle = { [handle]: 'integrator' };
export type CancelFlag = { [handle]: 'flag' };

export interface RunRequest {
  /** How many times the graph's own batch the inputs hold. */
  batches: number;
  /** Numbers of the values to return, then of those whose gradient to return. */
  wanted: number[];
  gradientsAt: number[];
  inputs: Float32Array[];
  /** Filled: one array for each of `wanted`, then for each of `gradientsAt`. */
  outputs: Float32Array[];
  /** With gradients: the class of every sample, and where to put output[class]. */
  targets?: Int32Array;
  values?: Float64Array;
}

/** What binding/cpu_binding.cc offers. Arrays given to a running call must not be changed before it ends. */
export interface CpuAddon {
  cpuInformation(): {
    version: string;
    instructionSet: string;
    threads: number;
    precisions: ('f32' | 'bf16')[];
  };
  cpuCompile(
    graph: NativeGraph,
    options: { memoryBudget?: number; threads?: number; precision?: string },
  ): NetworkHandle;
  cpuCancelFlag(): CancelFlag;
  cpuCancel(flag: CancelFlag): void;
  cpuRun(network: NetworkHandle, request: RunRequest, flag: CancelFlag): Promise<void>;
  cpuIntegrator(
    network: NetworkHandle,
    paths: { activation: Float32Array; baseline?: Float32Array; target: number }[],
  ): IntegratorHandle;
  cpuEvaluate(
    integrator: IntegratorHandle,
    paths: Int32Array,
    alphas: Float64Array,
    flag: CancelFlag,
  ): Promise<Float64Array>;
  /** Points a path whose gradients fit in the memory budget; at least 16. */
  cpuPointsThatFit(integrator: IntegratorHandle): Promise<number>;
  /** dF/dα at every point of the path. */
  cpuSlopes(integrator: IntegratorHandle, path: number): Promise<Float64Array>;
  cpuCombine(integrator: IntegratorHandle, path: number, weights: Float64Array): Promise<Float32Array>;
  /** Bare convolution times of all layers for so many samples, the best of `repeats`; cpuMs sums over threads. */
  cpuFloor(
    network: NetworkHandle,
    samples: number,
    repeats: number,
  ): Promise<{ forwardMs: number; backwardMs: number; cpuMs: number }>;
  /** Frees it as soon as no running call needs it. */
  cpuDispose(handle: NetworkHandle | IntegratorHandle): void;
  /** Of a request to a network, or of one point of an integrator's first path. */
  cpuProfile(network: NetworkHandle, request: RunRequest, repeats: number): Promise<Record<string, number>>;
  cpuProfile(
    integrator: IntegratorHandle,
    request: undefined,
    repeats: number,
  ): Promise<Record<string, number>>;
}

/**
 * The addon's cpu part.
 *
 * @throws SmugError ENGINE_UNAVAILABLE when there is no addon, or one that was built without oneDNN, with the
 *   reasons and the commands that mend it.
 */
export function cpuAddon(): CpuAddon {
  const addon = loadAddon();
  if (addon === null) {
    const tried = addonAttempts().map(({ path, reason }) => `  ${path}: ${reason}`);
    throw new SmugError(
      'ENGINE_UNAVAILABLE',
      'The cpu engine needs the native addon, and none could be loaded:\n' +
        `${tried.join('\n')}\n` +
        'Build it with `npm run setup` (needs a C++20 compiler, CMake and Python 3), or use --engine tfjs.',
    );
  }
  if (typeof addon.cpuCompile !== 'function') {
    throw new SmugError(
      'ENGINE_UNAVAILABLE',
      'The native addon was built without the cpu engine, because oneDNN was not found. Run ' +
        '`node scripts/native-deps.mjs onednn && npx cmake-js rebuild`, or give CMake -DONEDNN_ROOT=…',
    );
  }
  return addon as unknown as CpuAddon;
}
