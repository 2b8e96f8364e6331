import type { PresolveCounts } from './pipeline/presolve.js';

export type MaskStatus = 'optimal' | 'feasible' | 'infeasible' | 'unknown';

/** Which variables every smallest mask has, some have, or none has. */
export interface MaskCore {
  /** One a variable: 0 none, 1 some, 2 every. */
  roles: Uint8Array;
  /** One a variable: 1 where the role is proven. */
  proven: Uint8Array;
  every: number;
  some: number;
  none: number;
  unproven: number;
}

/** How an answer came about: what presolve did, what the bound rests on, what went wrong on the way. */
export interface SolveReport {
  presolve: PresolveCounts;
  components: {
    count: number;
    /** Different ones; equal components are solved once. */
    distinct: number;
    /** Variables of the largest. */
    largest: number;
    /** How many are proven by our own enumeration, by two independent runs, by one prover alone, or open. */
    enumerated: number;
    confirmed: number;
    unconfirmed: number;
    open: number;
    /** Those whose bound rests on runs of one prover alone, twice or not. */
    oneProver: number;
  };
  /** Provers that ran, with versions. */
  provers: string[];
  /** Answers of provers that a checked mask or another run contradicted, and runs and helper threads that failed. */
  faults: number;
  /** Rows added because integer rounding let a mask through that exact arithmetic refutes. */
  refuted: number;
  /** The mask holds in float64 whatever the order of summation (always true in exact arithmetic). */
  robust: boolean;
  /** What claims beyond the optimum rest on, where they were made: in components, `solutions` in solves. */
  claims?: { heaviest?: ClaimCounts; core?: ClaimCounts; solutions?: ClaimCounts };
  /** Milliseconds until mask and bound first met, and until the bound was confirmed; null when never. */
  agreementMs: number | null;
  confirmationMs: number | null;
}

/** Claims by what they rest on. */
export interface ClaimCounts {
  /** Gone through mask by mask, bounded in exact arithmetic, or with nothing to choose. */
  checked: number;
  twoProvers: number;
  /** The word of one prover alone; `smug verify` asks the other one. */
  oneProver: number;
  unproven: number;
}

export interface RankedMask {
  mask: Uint8Array;
  size: number;
  status: 'optimal' | 'feasible';
}
