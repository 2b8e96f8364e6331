import type { BoundEvidence } from '../bound-evidence.js';
import type { IntegerProblem } from '../../masks/integer-rows.js';
import { BlockBound } from './block-bound.js';
import { portableBlockSearch, type MakeBlockSearch } from './block-search.js';
import { DualBound } from './dual-bound.js';

/** A slice of work: iterations of the dual bound, or entries visited by the block search; a few milliseconds. */
const SLICE_ITERATIONS = 4;
const SLICE_ENTRIES = 500_000;
/** Entries visited in a turn, about five seconds. Separation counts as its iterations do, and takes longer. */
const TURN = 500_000_000;
const BLOCK_TURN = 2_000_000_000;
/** Blocks that lift the bound by less than one in `STALLED` entries give way early. */
const STALLED = 5_000_000_000;
/** Turns of the relaxation and of the blocks after it, then doubling. */
const TURNS = [
  { relaxation: 1, blocks: 0.5 },
  { relaxation: 3, blocks: 10 },
  { relaxation: 1, blocks: 10 },
];
/**
 * Rows a block, round by round. Both sequences get half of the first round; the one that lifts the bound further goes on.
 * Where most of a row is needed (γ 0.7) blocks of six are best, where a few cells of many are, blocks of sixteen.
 */
const SMALL_BLOCKS = [4, 6, 8];
const LARGE_BLOCKS = [16, 16, 24, 32];

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
  readonly #component: IntegerProblem;
  readonly #search: MakeBlockSearch;

  constructor(component: IntegerProblem, search: MakeBlockSearch = portableBlockSearch) {
    this.#component = component;
    this.#search = search;
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
    let sizes = LARGE_BLOCKS;
    for (let round = 0; ; round++) {
      const { relaxation, blocks } = TURNS[Math.min(round, TURNS.length - 1)];
      const times = 2 ** Math.max(0, round - TURNS.length + 1);
      yield* this.#relax(relaxation * times);
      const rows = (all: number[]) => all[Math.min(round, all.length - 1)];
      if (round > 0) yield* this.#searchBlocks(rows(sizes), blocks * times);
      else {
        const small = yield* this.#searchBlocks(rows(SMALL_BLOCKS), blocks / 2);
        const large = yield* this.#searchBlocks(rows(LARGE_BLOCKS), blocks / 2);
        sizes = small > large ? SMALL_BLOCKS : LARGE_BLOCKS;
      }
    }
  }

  *#relax(turns: number): Generator<void, void, void> {
    const entries = Math.max(1, this.#component.columns.length);
    for (let work = 0; work < turns * TURN; work += 4 * SLICE_ITERATIONS * entries) {
      this.#dual.run(SLICE_ITERATIONS);
      this.#take(this.#dual);
      yield;
    }
  }

  /** Returns the bound that these blocks prove. */
  *#searchBlocks(rows: number, turns: number): Generator<void, number, void> {
    const blocks = new BlockBound(this.#component, this.#dual.evidence(), rows, this.#search);
    yield;
    for (let gained = 0; blocks.visited < turns * BLOCK_TURN && blocks.visited - gained < STALLED;) {
      const before = blocks.bound;
      if (!blocks.run(SLICE_ENTRIES)) break;
      if (blocks.bound > before) gained = blocks.visited;
      this.#take(blocks);
      yield;
    }
    this.#take(blocks);
    return blocks.bound;
  }

  #take(source: { bound: number; evidence(): BoundEvidence }): void {
    if (source.bound <= this.bound) return;
    this.bound = source.bound;
    this.#evidence = structuredClone(source.evidence());
  }
}
