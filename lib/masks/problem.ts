/**
 * The mask problem (SMUG, section 3.2): minimise Σ M_j subject to Σ_j a_ij M_j > lower_i for every row i,
 * M_j ∈ {0, 1}. Coefficients are float64; truth is exact arithmetic on the given doubles.
 */
export interface MaskProblem {
  variables: number;
  rows: MaskRow[];
  /** Optional preference, one per variable: among smallest masks, the largest Σ weight_j M_j wins. */
  weights?: ArrayLike<number>;
}

export interface MaskRow {
  columns: ArrayLike<number>;
  coefficients: ArrayLike<number>;
  /** Strict: the row's sum must exceed it. */
  lower: number;
}

/** The same problem in compressed sparse row form; row i owns entries `offsets[i] … offsets[i+1]`. */
export interface CsrMaskProblem {
  variables: number;
  /** Length rows + 1. */
  offsets: Uint32Array;
  columns: Uint32Array;
  coefficients: Float64Array;
  /** Length rows. */
  lower: Float64Array;
  /** Length variables, optional. */
  weights?: Float64Array;
}
