import type { IntegerProblem } from '../../masks/integer-rows.js';

type ProverName = 'libz3' | 'highs' | 'z3-wasm' | 'highs-wasm';

/** What one run of a prover is asked for. */
export interface ProverQuestion {
  problem: IntegerProblem;
  /** Minimise Σ costs·M; by default every variable costs 1. */
  costs?: Int32Array;
  /** Only masks with at most this number of ones are wanted. */
  atMost?: number;
  /** A mask to start from, where the prover can use one. */
  initial?: Uint8Array;
  seed: number;
  /** Deterministic effort in the prover's own unit; 0: no limit. */
  workLimit?: number;
  /** Stops the run; it then resolves with the best it has. */
  signal?: AbortSignal;
  /** Better masks, as they are found. */
  improved?: (mask: Uint8Array) => void;
  /** Better lower bounds, where the prover tells them before it ends. */
  bounded?: (bound: number) => void;
}

/** What it says. Nothing of it is believed before it was checked. */
export interface ProverAnswer {
  status: 'optimal' | 'infeasible' | 'stopped';
  mask: Uint8Array | null;
  lowerBound: number;
  /** Effort spent, in the prover's own unit. */
  work: number;
  /** The prover itself noticed that its model breaks the rows. */
  wrongModel: boolean;
}

/** The answer of a run that was ended before it found anything. */
export const stoppedEmpty: Readonly<ProverAnswer> = {
  status: 'stopped',
  mask: null,
  lowerBound: 0,
  work: 0,
  wrongModel: false,
};

/** An exact solver of one component, whose word a bound may rest on: libz3 or HiGHS, native or WASM. */
export interface Prover {
  readonly name: ProverName;
  readonly version: string;
  /** Rejects only when the prover itself fails; stopping is an answer. */
  solve(question: ProverQuestion): Promise<ProverAnswer>;
  /** Ends threads and memory it holds. */
  dispose(): void;
}

/** The provers of one installation: the SAT-based one and, where there is one, branch and bound. */
export interface Provers {
  z3: Prover;
  highs: Prover | null;
}
