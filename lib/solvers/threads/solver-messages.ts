import type { CsrMaskProblem } from '../../masks/problem.js';
import type { Confirm } from '../pipeline/component-state.js';
import type { MaskSolution } from '../solution.js';
import type { SmugErrorCode } from '../../errors.js';
import type { SolveProgress } from '../solver.js';

/** What `solveMask` tells a solver worker. */
export type ToSolver =
  | { kind: 'solve'; job: number; problem: CsrMaskProblem; options: SolverJobOptions }
  | { kind: 'stop'; job: number };

export interface SolverJobOptions {
  native: boolean;
  /** Milliseconds left; 0: no limit. */
  timeLimitMs: number;
  solutions: number;
  heaviest: boolean;
  core: boolean;
  evidence: boolean;
  confirm: Confirm;
  threads: number;
  seed: number;
}

/** And what it hears back. */
export type FromSolver =
  | ({ kind: 'progress'; job: number } & Pick<SolveProgress, 'size' | 'lowerBound' | 'mask' | 'stage'>)
  | { kind: 'done'; job: number; solution: MaskSolution }
  | { kind: 'failed'; job: number; code: SmugErrorCode; message: string };
