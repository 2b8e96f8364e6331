/**
 * A solver that the caller hands in. Its word is asked for only where a certificate spells out no proof, it is told
 * apart from a check in the verdict, and a point it names is checked here.
 */
export interface Prover {
  readonly name: string;
  readonly version: string;
  /** Provers of one family share code: two of them count as one. */
  readonly family: string;
  /** False where it computes in floating point: alone its word counts for nothing. */
  readonly exact: boolean;
  /** Rejects only when the prover itself fails. */
  refute(question: ProverQuestion, signal: AbortSignal): Promise<ProverAnswer>;
}

/**
 * Is there a 0/1 point with Σ coefficients·M ≥ bounds in every row, with at most `atMost` ones and costs below `below`?
 * Row i owns entries offsets[i] … offsets[i + 1]; columns are distinct in a row; Σ|coefficients| < 2^31.
 */
export interface ProverQuestion {
  variables: number;
  offsets: Uint32Array;
  columns: Uint32Array;
  coefficients: Int32Array;
  bounds: Float64Array;
  /** Left out: any number of ones. */
  atMost?: number;
  /** One whole number of at most 20 bits per variable, with `below`. */
  costs?: Int32Array;
  below?: number;
}

export type ProverAnswer =
  | { says: 'none' }
  | { says: 'point'; mask: Uint8Array }
  /** It did not end in time. */
  | { says: 'nothing' };
