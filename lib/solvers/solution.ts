import type { SolutionEvidence } from './solution-evidence.js';
import type { MaskCore, MaskStatus, RankedMask, SolveReport } from './report.js';

export type { ClaimCounts, MaskCore, MaskStatus, RankedMask, SolveReport } from './report.js';

export type SolverName = 'libz3' | 'z3-wasm';

export interface MaskSolution {
  /** `optimal`: proven smallest. `feasible`: a mask and a lower bound. `unknown`: neither mask nor proof. */
  status: MaskStatus;
  /** One byte per variable, 0 or 1; null when there is none. */
  mask: Uint8Array | null;
  /** Σ M; 0 when there is no mask. */
  size: number;
  /** No mask has fewer ones than this. */
  lowerBound: number;
  /** (size − lowerBound) / size; 0 for an empty mask, 1 when there is no mask. */
  gap: number;
  /** Where `optimal` or `infeasible`: an argument replays exactly, or a second prover agrees; false: one prover's word. */
  confirmed?: boolean;
  /** With `confirmed` false: the provers whose word it is. */
  provers?: string[];
  backend: SolverName;
  wallMs: number;
  /** What the bound rests on, when it was asked for. */
  evidence?: SolutionEvidence;
  /** Distinct masks, best first, when more than one was asked for. */
  solutions?: RankedMask[];
  /** With `solutions`: true when there is no further feasible mask. */
  exhausted?: boolean;
  /** With weights: whether the mask is proven to be the heaviest of the smallest ones. */
  heaviest?: 'proven' | 'unproven';
  /** With the option `core`: how each variable stands to the set of all smallest masks. */
  core?: MaskCore;
  /** How the answer came about. */
  report?: SolveReport;
}
