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
  /**
   * `proving`: which mask is smallest, and that none is smaller. `choosing`: that is settled; sought are the heaviest of the
   * smallest masks, their core or further masks, as the options ask.
   */
  stage: 'proving' | 'choosing';
  /** Milliseconds since the start. */
  elapsedMs: number;
}
