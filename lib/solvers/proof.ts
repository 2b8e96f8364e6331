import type { Prover } from './provers/prover.js';

/** One run whose word a bound rests on. */
export interface Proof {
  /**
   * Checked sources: `enumeration`, our own branch and bound in integer arithmetic; `rows`, disjoint rows
   * counted; `dual`, a dual vector evaluated exactly; `blocks`, blocks of rows searched in integer arithmetic. Else
   * the prover whose word it is.
   */
  by: 'enumeration' | 'rows' | 'dual' | 'blocks' | 'lemmas' | Prover['name'];
  version?: string;
  seed?: number;
}
