import type { Options } from '../api/options.js';
import type { CsrMaskProblem, MaskProblem } from '../masks/problem.js';
import type { MaskSolution, SolverName } from './solution.js';

/** Options of `solveMask`; what each means and its default stand in `lib/api/options.ts`. */
export interface SolveOptions extends Options<'solve'> {
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
