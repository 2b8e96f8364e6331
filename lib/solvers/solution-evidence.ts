import type { BoundEvidence } from './bound-evidence.js';
import type { Proof } from './proof.js';

/** How one component's bound was obtained. Columns of `dual` and `cuts` count within `variables`, rows within `rows`. */
export interface ComponentEvidence {
  /** Variables and rows of the problem, ascending. */
  variables: number[];
  rows: number[];
  lowerBound: number;
  /** No mask satisfies its rows; `lowerBound` says nothing then. */
  infeasible?: true;
  /** Runs and arguments the bound rests on. */
  proofs: Proof[];
  /** Clauses that hold for every truly feasible mask, added to the integer rows before they were solved. */
  cuts: { columns: number[]; coefficients: number[]; bound: number }[];
  dual?: BoundEvidence;
  /**
   * The claim that none of the component's smallest masks is heavier. Weights are rounded to integers,
   * Σ round((w_max − w_j)·(2²⁰ − 1)/(w_max − w_min)) M_j is `cost` for the certificate's mask.
   */
  heaviest?: { cost: number; proven: boolean; proofs: Proof[] };
  /** Columns that are the same in all smallest masks, the core's `every` and `none`, and what that rests on. */
  core?: { same: number[]; proofs: Proof[] };
}

/** What a solution's claims rest on, as plain data: forced variables, then component by component. */
export interface SolutionEvidence {
  /** Variables that are 1 in every feasible mask. */
  ones: number[];
  components: ComponentEvidence[];
  /**
   * With a core: smallest masks that together with the mask itself show every `some`, each as the variables in
   * which it differs from the mask.
   */
  witnesses?: number[][];
}
