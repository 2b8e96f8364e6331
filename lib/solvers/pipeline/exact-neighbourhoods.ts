import { setTimeout } from 'node:timers/promises';
import type { Prover, Provers } from '../provers/prover.js';
import { hasDenseRows } from '../../masks/dense-rows.js';
import type { ComponentState } from './component-state.js';
import { closestVariables, neighbourhood, withNeighbourhood } from '../search/neighbourhood.js';
import { SearchRows } from '../search/search-rows.js';
import { Random } from '../../random.js';

/** Variables of a neighbourhood at first, some ten by ten cells, and at most. */
const FIRST_SIZE = 100;
const LARGEST_SIZE = 400;
/** Effort for one, in the prover's own unit: about a tenth of a second; and at most so long where that misleads. */
const Z3_WORK = 1_500_000;
const HIGHS_NODES = 300;
const LONGEST_MS = 1000;
/**
 * After `FRUITLESS_MS` of work since the mask got smaller, by them or by the search, they rest `REST` times as long as each
 * took: other threads use the time better.
 */
const FRUITLESS_MS = 12_000;
const REST = 3;
/** After `PATIENCE` without a gain they grow; after as many that did not end they shrink. */
const PATIENCE = 60;

/**
 * Parts of the best mask solved exactly, everything else held: large neighbourhood search (Shaw 1998). It finds what
 * single moves cannot, where the search beside it has settled. Starts anywhere at a one of the mask.
 */
export class ExactNeighbourhoods {
  readonly #rows: SearchRows;
  readonly #random: Random;
  #size = FIRST_SIZE;
  #idle = 0;
  /** Time spent since the mask was last found smaller than `#known`. */
  #fruitlessMs = 0;
  #known = Infinity;
  #unfinished = 0;
  readonly #prover: Prover;
  readonly #work: number;
  readonly #state: ComponentState;

  constructor(state: ComponentState, { z3, highs }: Provers) {
    this.#state = state;
    const { ceiling } = state.model;
    const useHighs = highs !== null && hasDenseRows(ceiling);
    this.#prover = useHighs ? highs : z3;
    this.#work = useHighs ? HIGHS_NODES : Z3_WORK;
    this.#rows = new SearchRows(state.model.floor);
    this.#random = new Random(state.context.seed);
  }

  /** Solves `count` of them, one after another; ends early when the signal aborts. */
  async run(count: number): Promise<void> {
    const { signal, slots } = this.#state.context;
    for (let done = 0; done < count && !signal.aborted && !this.#state.agreed; done++) {
      const start = performance.now();
      await slots.run(Infinity, signal, () => this.#next());
      const took = performance.now() - start;
      this.#fruitlessMs = this.#state.seenSize < this.#known ? 0 : this.#fruitlessMs + took;
      this.#known = this.#state.seenSize;
      if (this.#fruitlessMs > FRUITLESS_MS) await this.#rest(REST * took);
    }
  }

  async #rest(ms: number): Promise<void> {
    const { signal } = this.#state.context;
    // Aborted meanwhile: the loop ends.
    await setTimeout(ms, undefined, { signal }).catch(() => {});
  }

  async #next(): Promise<void> {
    const state = this.#state;
    const mask = state.seen;
    if (mask === null || state.seenSize === 0) return;
    let center: number;
    do center = this.#random.below(mask.length);
    while (!mask[center]);
    const part = neighbourhood(this.#rows, mask, closestVariables(this.#rows, center, this.#size));
    if (part.ones === 0) return;
    const { signal } = state.context;
    const answer = await this.#prover
      .solve({
        problem: part.problem,
        atMost: part.ones - 1,
        seed: state.context.seed,
        workLimit: this.#work,
        signal: AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)]),
      })
      .catch(() => null);
    if (answer === null) return;
    const before = state.seenSize;
    // The search may have moved on meanwhile; the state checks every row.
    if (answer.mask !== null) {
      state.show(withNeighbourhood(mask, part, answer.mask));
      if (state.seen !== null && state.seen !== mask)
        state.show(withNeighbourhood(state.seen, part, answer.mask));
    }
    this.#adapt(state.seenSize < before, answer.status === 'stopped');
  }

  #adapt(gained: boolean, unfinished: boolean): void {
    this.#idle = gained ? 0 : this.#idle + 1;
    if (unfinished) this.#unfinished++;
    if (this.#unfinished >= PATIENCE) this.#size = Math.max(FIRST_SIZE / 2, Math.floor(this.#size * 0.8));
    else if (this.#idle >= PATIENCE) this.#size = Math.min(LARGEST_SIZE, Math.ceil(this.#size * 1.25));
    else return;
    this.#idle = 0;
    this.#unfinished = 0;
  }
}
