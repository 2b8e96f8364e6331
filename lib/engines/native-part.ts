import type { Addon } from '../addon.js';
import type { NativeGraph } from './native-graph.js';

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
  /** With gradients: the class of every sample. */
  targets?: Int32Array;
}

interface RunResult {
  /** One array for each of `wanted`, then for each of `gradientsAt`. */
  outputs: Float32Array[];
  /** With gradients: output[class] of every sample. */
  values?: Float64Array;
}

export interface NativeOptions {
  memoryBudget?: number;
  threads?: number;
  precision?: string;
}

/** What binding/engine_binding.h offers for every native engine; it copies what it is given before a call returns. */
export interface NativePart {
  compile(graph: NativeGraph, options: NativeOptions): NetworkHandle;
  /**
   * The network's own memory of its larger constants, by value, but for those that came from another network's call;
   * nothing may write to it.
   */
  constants(network: NetworkHandle): (Float32Array | undefined)[];
  cancelFlag(): CancelFlag;
  cancel(flag: CancelFlag): void;
  run(network: NetworkHandle, request: RunRequest, flag: CancelFlag): Promise<RunResult>;
  integrator(
    network: NetworkHandle,
    paths: { activation: Float32Array; baseline?: Float32Array; target: number }[],
  ): IntegratorHandle;
  evaluate(
    integrator: IntegratorHandle,
    paths: Int32Array,
    alphas: Float64Array,
    flag: CancelFlag,
  ): Promise<Float64Array>;
  /** Points per path whose gradients fit in the memory budget; at least 16. */
  pointsThatFit(integrator: IntegratorHandle): Promise<number>;
  /** dF/dα at every point of the path. */
  slopes(integrator: IntegratorHandle, path: number): Promise<Float64Array>;
  combine(integrator: IntegratorHandle, path: number, weights: Float64Array): Promise<Float32Array>;
  /** Frees it as soon as no running call needs it. */
  dispose(handle: NetworkHandle | IntegratorHandle): void;
}

/** The addon's functions for one engine without the prefix of their names; null where it was built without them. */
export function nativePart<Part extends NativePart>(addon: Addon, engine: 'cpu' | 'cuda'): Part | null {
  if (typeof addon[`${engine}Compile`] !== 'function') return null;
  const own = Object.entries(addon).filter(([name]) => name.startsWith(engine));
  const short = (name: string) => name[engine.length].toLowerCase() + name.slice(engine.length + 1);
  return Object.fromEntries(own.map(([name, part]) => [short(name), part])) as unknown as Part;
}
