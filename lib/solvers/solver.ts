import type { Options } from '../api/options.js';

/** Options of `solveMask`; what each means and its default stand in `lib/api/options.ts`. */
export interface SolveOptions extends Options<'solve'> {
  onProgress?: (progress: SolveProgress) => void;
}

export interface SolveProgress {
  /** Size of the best mask so far (null: none yet) and the proven lower bound. */
  size: number | null;
  lowerBound: number;
  /** The best mask so far; every row holds in exact arithmetic. */
  mask: Uint8Array | null;
  /** Milliseconds since the start. */
  elapsedMs: number;
}
