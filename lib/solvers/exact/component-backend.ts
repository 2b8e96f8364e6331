import type { IntegerProblem } from '../../masks/integer-rows.js';

export type EngineName = 'libz3' | 'highs' | 'z3-wasm' | 'highs-wasm';

/** What one run of an exact engine is asked for. */
export interface ComponentQuestion {
  problem: IntegerProblem;
  /** Minimise Σ costs·M; by default every variable costs 1. */
  costs?: Int32Array;
  /** Only masks with at most so many ones are wanted. */
  atMost?: number;
  /** A mask to start from, where the engine can use one. */
  initial?: Uint8Array;
  seed: number;
  /** Deterministic effort in the engine's own unit; 0: no limit. */
  workLimit?: number;
  /** Stops the run; it then resolves with the best it has. */
  signal?: AbortSignal;
  /** Better masks, as they are found. */
  improved?: (mask: Uint8Array) => void;
  /** Better lower bounds, where the engine tells them before it ends. */
  bounded?: (bound: number) => void;
}

/** What it says. Nothing of it is believed before it was checked. */
export interface ComponentAnswer {
  status: 'optimal' | 'infeasible' | 'stopped';
  mask: Uint8Array | null;
  lowerBound: number;
  /** Effort spent, in the engine's own unit. */
  work: number;
  /** The engine itself noticed that its model breaks the rows. */
  wrongModel: boolean;
}

/** An exact engine: libz3 or HiGHS, native or WASM. */
export interface ComponentBackend {
  readonly engine: EngineName;
  readonly version: string;
  /** Rejects only when the engine itself fails; stopping is an answer. */
  solve(question: ComponentQuestion): Promise<ComponentAnswer>;
  /** Ends threads and memory it holds. */
  dispose(): void;
}

/** The engines of one installation: the SAT-based one and, where there is one, branch and bound. */
export interface Engines {
  z3: ComponentBackend;
  highs: ComponentBackend | null;
}
