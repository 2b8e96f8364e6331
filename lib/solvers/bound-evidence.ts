// What proves a lower bound of a component in exact arithmetic, as plain data.

/** What proves a bound of a component in exact arithmetic. */
export type BoundEvidence = DualEvidence | BlockEvidence | LemmaEvidence;

/** Rows added up with positive whole factors: one row that follows from them. */
export interface RowSum {
  rows: number[];
  times: number[];
}

/**
 * A valid inequality Σ coefficients·M ≥ bound that follows from one row, or from a sum of rows, alone: no 0/1 point
 * of it has a smaller left side. All numbers are small integers, so that a dynamic program proves it (see
 * docs/certificate.md).
 */
export interface RowCut extends RowSum {
  columns: number[];
  coefficients: number[];
  bound: number;
}

/**
 * A dual vector anyone can check: every multiplier is an integer over 2^scale, of a row or of a cut that follows
 * from one row or a sum of rows. With u, v ≥ 0 the multipliers, no mask is smaller than
 * Σ u_i bound_i + Σ v_k bound_k + Σ_j min(0, 1 − Σ u_i a_ij − Σ v_k c_kj).
 */
export interface DualEvidence {
  kind: 'dual';
  scale: number;
  rows: { row: number; multiplier: number }[];
  cuts: (RowCut & { multiplier: number })[];
}

/**
 * A lower bound by Lagrangian decomposition (Guignard, Kim 1987): every cell's cost of one is divided among blocks
 * of a few rows, and each block's cheapest 0/1 point is bounded by exact search. With costs c_b of block b and
 * multipliers v ≥ 0 of cuts that span blocks, no mask is smaller than
 * Σ_b bound_b + Σ v_k β_k + Σ_j min(0, 1 − Σ_b c_bj − Σ_k v_k c_kj).
 *
 * Costs, multipliers and bounds are whole numbers of 2^-scale. Rows and columns count within the component.
 */
export interface BlockEvidence {
  kind: 'blocks';
  scale: number;
  blocks: BlockClaim[];
  /** Cuts whose rows lie in several blocks. */
  cuts: (RowCut & { multiplier: number })[];
}

export interface BlockClaim {
  rows: number[];
  /** Cuts that follow from these rows: they change no 0/1 point and make the search short. */
  cuts: RowCut[];
  columns: number[];
  costs: number[];
  /** Of the rows, then the cuts: where the search starts. */
  multipliers: number[];
  bound: number;
  /** Nodes the search took; replaying it takes as many. */
  nodes: number;
}

/**
 * Lemmas learned by a search for a mask of fewer than `bound` ones: clauses that every such mask satisfies, the last
 * one empty. Rows count within the component (rows, then its clauses), then `cuts`; a literal 2j + v says that column j is v.
 * Each lemma follows by single steps from rows, dual vectors and the lemmas before it: see docs/certificate.md.
 */
export interface LemmaEvidence {
  kind: 'lemmas';
  bound: number;
  cuts: RowCut[];
  /** [scale, row, multiplier, row, multiplier, …]: multipliers are whole numbers of 2^-scale. */
  vectors: number[][];
  /**
   * Lemma by lemma: how many literals, the literals, then steps of how many literals, source, the literals that
   * follow from the source; a step of none says that the source cannot hold, and ends the lemma. Source 3i is row i,
   * 3i + 1 vector i, 3i + 2 lemma i.
   */
  lemmas: number[];
}
