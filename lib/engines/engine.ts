import type { Graph } from '../graph/graph.js';
import type { Tensor } from '../tensor.js';

export type EngineName = 'cuda' | 'cpu' | 'tfjs' | 'reference';

/**
 * One graph, several engines. An engine compiles a graph once and runs it many times, forward and back.
 * Compiled networks accept any batch size along axis 0 (when the graph keeps a batch, see `graph/batch.ts`);
 * they cut it into micro-batches that fit `memoryBudget`, and the cut never changes a result beyond the
 * rounding documented for the engine.
 */
export interface Engine {
  readonly name: EngineName;
  /** What runs: library versions, instruction set, threads, device; shown by `smug doctor`. */
  readonly description: string;
  /**
   * Why it cannot run the graph with these options, in one line; null where it can. Asked before the engine is chosen.
   * Absent: nothing is known beforehand.
   */
  supports?(graph: Graph, options?: CompileOptions): string | null;
  /**
   * The graph must not be changed afterwards. Native engines put arrays of their own, with the same numbers, in place of
   * its large constants', so that weights lie in memory once.
   */
  compile(graph: Graph, options?: CompileOptions): Promise<CompiledNetwork>;
}

export interface CompileOptions {
  /**
   * Bytes for the activations of one run and the gradients its integrator keeps. Default 1 GiB. What is kept leaves
   * less to work in; one sample at a time is always possible. The model's weights are not counted; what the cpu engine
   * keeps of them in other layouts is, and takes a quarter at most.
   */
  memoryBudget?: number;
  /** Worker threads of one run. Default: all cores (cpu), the engine's own choice (others). */
  threads?: number;
  /**
   * `f32`, the default but for cuda, which takes `tf32`; `bf16` / `tf32` only where the engine says it has them, an
   * error elsewhere.
   */
  precision?: 'f32' | 'bf16' | 'tf32';
}

export interface CompiledNetwork {
  /**
   * How many images' paths, with the first 7 to 15 points of each, an integrator needs to keep the engine busy: those that
   * wait are then integrated together. Absent: one does. May change where another engine takes over.
   */
  readonly pathsThatFill?: number;

  /** Runs forward. `wanted` names the values to return (default: the graph's outputs). */
  forward(inputs: Tensor[], options?: { wanted?: string[]; signal?: AbortSignal }): Promise<Tensor[]>;

  /**
   * ∂ output[target_n] / ∂ (value `at`), for every sample n of the batch.
   * The graph's first output is taken flattened per sample; see `graph/split.ts` for how `probability` and
   * `logit` choose the end of the tail.
   */
  gradient(request: GradientRequest): Promise<GradientResult>;

  /** Starts integrated-gradients work on some activations; see `PathIntegrator`. */
  integrator(paths: IntegrationPath[]): Promise<PathIntegrator>;

  /**
   * How many convolutions and dense layers, forward and gradient, run on which of the engine's kernels. Absent where the
   * engine's library decides.
   */
  kernels?(): Record<string, number>;

  /** Frees weights and buffers. Calling it twice is allowed; anything else afterwards is an error. */
  dispose(): void;
}

export interface GradientRequest {
  inputs: Tensor[];
  /** Value whose gradient is wanted. Default: the graph's first input. */
  at?: string;
  /** Class index per sample. */
  targets: ArrayLike<number>;
  signal?: AbortSignal;
}

export interface GradientResult {
  /** output[target] per sample. */
  values: Float64Array;
  /** Same shape as the value `at`, batched. */
  gradients: Tensor;
}

/**
 * The straight path a(α) = baseline + α·(activation − baseline), α in [0, 1], at the graph's single input,
 * for one image (batch size 1). `baseline` absent means zero: then a(α) = α·a, and everything up to the first
 * bias-carrying non-linearity may be computed once and scaled.
 */
export interface IntegrationPath {
  activation: Tensor;
  baseline?: Tensor;
  target: number;
}

export interface PathPoint {
  /** Index into the list of paths. */
  path: number;
  alpha: number;
}

/** Highest score first, equal ones by index. */
export interface TopScores {
  indices: Int32Array;
  scores: Float32Array;
  /** Of all scores, in float64: completeness is checked with it. */
  sum: number;
}

/**
 * Evaluates gradients along paths, several images at once, and keeps them, so that a nested quadrature rule
 * can be extended without computing any step again.
 */
export interface PathIntegrator {
  /**
   * Points per path whose gradients fit in the engine's `memoryBudget`, 16 at least; more are an error OUT_OF_MEMORY.
   * Absent: the engine does not count them.
   */
  readonly pointsThatFit?: number;
  /** F(a(α)) for every point, in order; the gradients stay inside, in order of evaluation per path. */
  evaluate(points: PathPoint[], options?: { signal?: AbortSignal }): Promise<Float64Array>;
  /**
   * (a − baseline) ⊙ Σ_s w_s ∂F/∂a(α_s) for one path; `weights[s]` belongs to the s-th point evaluated on
   * that path. Summed in that order: same bits every time.
   */
  combine(path: number, weights: Float64Array): Promise<Float32Array>;
  /**
   * dF/dα at every point evaluated on one path, in order of evaluation: Σ_i (a_i − baseline_i)·∂F/∂a_i. The same as
   * the sum of what `combine` gives with weight 1 for that point alone, which is what callers do without it.
   */
  slopes?(path: number): Promise<Float64Array>;
  /**
   * The k highest positive scores of what `combine` gives, so that only these leave the device. Present where that
   * saves something; whoever needs all scores, as pictures and the completeness of each node do, calls `combine`.
   */
  top?(path: number, weights: Float64Array, k: number): Promise<TopScores>;
  dispose(): void;
}
