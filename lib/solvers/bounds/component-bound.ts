import type { IntegerProblem } from '../../masks/integer-rows.js';
import { BlockBound } from './block-bound.js';
import type { BlockEvidence } from './block-evidence.js';
import { DualBound, type DualEvidence } from './dual-bound.js';

/** What proves a bound of a component in exact arithmetic. */
export type BoundEvidence = DualEvidence | BlockEvidence;

/** A unit of work: iterations of the dual bound, or nodes of the block search; a few milliseconds either way. */
const SLICE_ITERATIONS = 4;
const SLICE_NODES = 60;
/** Matrix entries visited by the relaxation before blocks get their first turn, about five seconds. */
const FIRST_TURN = 500_000_000;
/** Rows a block, turn by turn. */
const BLOCK_ROWS = [16, 16, 24, 32];

/**
 * The best proven bound for a component too large to solve: the linear relaxation with cuts, then blocks of rows
 * searched exactly from its multipliers, then the relaxation again for longer. The order depends on work alone.
 */
export class ComponentBound {
  /** No mask of the component has fewer ones. */
  bound = 0;

  readonly #dual: DualBound;
  readonly #schedule: Generator<void, void, void>;
  #evidence: BoundEvidence;

  constructor(private readonly component: IntegerProblem) {
    this.#dual = new DualBound(component);
    this.#evidence = this.#dual.evidence();
    this.#schedule = this.#slices();
  }

  /** A few milliseconds more. */
  step(): void {
    this.#schedule.next();
  }

  evidence(): BoundEvidence {
    return this.#evidence;
  }

  *#slices(): Generator<void, void, void> {
    const entries = Math.max(1, this.component.columns.length);
    for (let round = 0; ; round++) {
      const turn = FIRST_TURN * 2 ** round;
      for (let work = 0; work < turn; work += 4 * SLICE_ITERATIONS * entries) {
        this.#dual.run(SLICE_ITERATIONS);
        this.#take(this.#dual);
        yield;
      }
      const blocks = new BlockBound(
        this.component,
        this.#dual.evidence(),
        BLOCK_ROWS[Math.min(round, BLOCK_ROWS.length - 1)],
      );
      yield;
      // A node is worth some thousand entries: both take about as long.
      for (let work = 0; work < turn && blocks.run(SLICE_NODES); work += SLICE_NODES * 8000) {
        this.#take(blocks);
        yield;
      }
      this.#take(blocks);
    }
  }

  #take(source: { bound: number; evidence(): BoundEvidence }): void {
    if (source.bound <= this.bound) return;
    this.bound = source.bound;
    this.#evidence = structuredClone(source.evidence());
  }
}
