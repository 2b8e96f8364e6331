import type { CsrMaskProblem, MaskProblem } from '../masks/problem.js';
import type { MaskSolution, SolverName } from './solution.js';

/** Options of `solveMask`. Every field is optional; an unknown one is an error. */
export interface SolveOptions {
  /** Seconds; 0 (default) means no limit. The best mask and bound found are returned when it ends. */
  timeLimit?: number;
  /** How many distinct masks to return, best first. Default 1. */
  solutions?: number;
  /** Components solved at the same time. Default: all cores (native), 1 (WASM). */
  threads?: number;
  /** `auto` (default): native where the addon loads, else WASM. */
  solver?: 'auto' | 'native' | 'wasm';
  /**
   * With weights: prefer the heaviest of the smallest masks. Default true; left out where the optimum is not
   * proven, and unproven where time runs out.
   */
  heaviest?: boolean;
  /** Also tell which variables every smallest mask has, some have, or none has. Default false. */
  core?: boolean;
  /** Also return what the proof rests on, for a certificate. Default false. */
  evidence?: boolean;
  /** Fixes every random choice. Default 0. */
  seed?: number;
  signal?: AbortSignal;
  onProgress?: (progress: SolveProgress) => void;
}

export interface SolveProgress {
  /** Size of the best mask so far (null: none yet) and the proven lower bound. */
  size: number | null;
  lowerBound: number;
  /** The best mask so far; every row holds in exact arithmetic. */
  mask: Uint8Array | null;
  /** Milliseconds since the start. */
  elapsedMs: number;
}

export type SolveMask = (
  problem: MaskProblem | CsrMaskProblem,
  options?: SolveOptions,
) => Promise<MaskSolution>;

/** Thrown problems carry `BAD_PROBLEM`; `SOLVER_UNAVAILABLE` when a forced solver cannot run. */
export type { SolverName };
