import type { CompiledNetwork, IntegrationPath } from '../engines/engine.js';
import type { OutputKind } from '../graph/split.js';
import type { Tensor } from '../tensor.js';
import type { ImageForm } from './gaussian-blur.js';

/** A straight path from the baseline (zeros where absent) to the first layer's activations; the outputs at its ends, where known. */
export interface KnownPath extends IntegrationPath {
  /** F(activation). */
  value?: number;
  /** F(baseline). */
  baselineValue?: number;
}

/** What every attribution method gets: one input, seen from the network's first layer. */
export interface AttributionTask extends KnownPath {
  /** The tail: first-layer activations → the explained output. */
  tail: CompiledNetwork;
  output: OutputKind;
  /** Model input → activations, for methods whose baselines are inputs; batches along axis 0. */
  activationsOf?: (inputs: Tensor) => Promise<Tensor>;
  /** The model's input, `[1, …]`, how its pixels lie, and what a black and a white image become there. */
  input?: { tensor: Tensor; black: Tensor; white: Tensor } & ImageForm;
}

export const DEFAULT_TOLERANCE = 0.01;
export const DEFAULT_MAX_STEPS = 255;

export interface AttributionOptions {
  /** Stop once the completeness error is below this. Default 0.01. */
  tolerance?: number;
  /**
   * What must be settled: the sum, to the `tolerance`, and with it the nodes as `stability` says; or the nodes alone. Default `sum`, and so
   * it is without `topK` and with `steps`.
   */
  stop?: 'sum' | 'top-k';
  /** With `topK`: go on until an estimated share of the k highest scores would survive convergence. Default 0. */
  stability?: number;
  /** k of `stability`; several: the nodes of each must be that stable. */
  topK?: number | readonly number[];
  /** Never evaluate more gradient points than this. Default 255. */
  maxSteps?: number;
  /** Exactly this many Gauss–Legendre points instead of the nested rules; the tolerance is then not looked at. */
  steps?: number;
  signal?: AbortSignal;
  onProgress?: (progress: AttributionProgress) => void;
  /** Who integrates paths together that wait together; absent: every path alone. */
  sharedBatches?: PathSharing;
}

export interface AttributionProgress {
  steps: number;
  completenessError: number | null;
}

/** What `SharedBatches` does: the path's integrated gradients, within the engine's rounding as `integratePaths` gives them. */
export interface PathSharing {
  integrate(
    network: CompiledNetwork,
    path: KnownPath,
    options: AttributionOptions,
  ): Promise<AttributionScores>;
}

export interface AttributionScores {
  /** One score a first-layer node, row-major like the activations. */
  scores: Float32Array;
  /**
   * |Σ scores − (F(a) − F(baseline))| / max(|F(a) − F(baseline)|, ε), ε = 1e-12; null for methods that promise no
   * completeness.
   */
  completenessError: number | null;
  /** Gradient points evaluated. */
  steps: number;
  /** Whether what `stop` asks for was reached; null for methods that promise no completeness. */
  converged: boolean | null;
  /** Estimated share of the top k that a converged attribution has in common; null where nothing tells. */
  topKStability: number | null;
}

/** Below this |F(a) − F(baseline)| the relative completeness error says nothing. */
const EPSILON = 1e-12;

/** The relative distance of Σ scores from what the path's ends say it must be. */
export function completenessError(scores: Float32Array, difference: number): number {
  // Four sums side by side: a single one waits for every addition. Not for … of: an iterator over a million scores takes as long as a
  // step through the network.
  let [first, second, third, fourth] = [0, 0, 0, 0];
  const fours = scores.length - (scores.length % 4);
  for (let i = 0; i < fours; i += 4) {
    first += scores[i];
    second += scores[i + 1];
    third += scores[i + 2];
    fourth += scores[i + 3];
  }
  let sum = first + second + (third + fourth);
  for (let i = fours; i < scores.length; i++) sum += scores[i];
  return Math.abs(sum - difference) / Math.max(Math.abs(difference), EPSILON);
}
