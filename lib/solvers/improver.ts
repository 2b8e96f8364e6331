import type { ComponentState } from './component-solver.js';
import { DualBound } from './dual-bound.js';
import { LocalSearch } from './search.js';

/** Components below this are left to the exact engines. */
const SEARCHED_VARIABLES = 200;
/** From so many variables on, search starts at once; smaller ones are mostly proven before it would help. */
const LARGE_VARIABLES = 3000;
const DELAY_MS = 400;
/** Work between two looks at the rest of the world, about 5 ms. */
const SLICE_WORK = 500_000;
/** Iterations of the dual bound beside each slice of search, a few milliseconds too. */
const SLICE_ITERATIONS = 4;

/**
 * Local search beside the exact engines, on this thread, in short slices: each goes to the component that holds
 * the largest share of the gap. Components that no engine is likely to prove get a dual bound beside it. What it finds is shown at once and counts when the solve is stopped; it never
 * decides which mask a finished proof returns.
 */
export class Improver {
  readonly #searches = new Map<
    ComponentState,
    { search: LocalSearch; dual: DualBound | null; work: number }
  >();
  readonly #start = performance.now();

  constructor(
    private readonly states: readonly ComponentState[],
    private readonly multiplicity: readonly number[],
    private readonly signal: AbortSignal,
    private readonly seed: number,
  ) {}

  /** Runs until the signal ends it. */
  async run(): Promise<void> {
    const searched = this.states.some(({ variables }) => variables >= SEARCHED_VARIABLES);
    while (searched && !this.signal.aborted) {
      const state = this.#neediest();
      if (state === null) {
        await this.#pause();
        continue;
      }
      this.#improve(state);
      // Most of the machine is left to the engines while they may well end soon.
      if (state.variables < LARGE_VARIABLES) await this.#pause();
      else await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, 20);
      this.signal.addEventListener('abort', done);
    });
  }

  /** The open component with the largest gap for the work it has had. */
  #neediest(): ComponentState | null {
    const late = performance.now() - this.#start > DELAY_MS;
    const least = late ? SEARCHED_VARIABLES : LARGE_VARIABLES;
    let neediest: ComponentState | null = null;
    let largest = 0;
    this.states.forEach((state, i) => {
      if (state.variables < least || state.agreed || state.settled) return;
      const gap = Math.min(state.seenSize, state.variables) - state.lowerBound;
      const share = (this.multiplicity[i] * gap) / (1 + (this.#searches.get(state)?.work ?? 0));
      if (share <= largest) return;
      largest = share;
      neediest = state;
    });
    return neediest;
  }

  #improve(state: ComponentState): void {
    let entry = this.#searches.get(state);
    if (entry === undefined) {
      const initial = state.seen ?? undefined;
      entry = {
        search: new LocalSearch(state.model.floor, { seed: this.seed, initial }),
        dual: state.variables < LARGE_VARIABLES ? null : new DualBound(state.model.ceiling),
        work: 0,
      };
      this.#searches.set(state, entry);
    }
    entry.search.run(SLICE_WORK);
    entry.work++;
    if (entry.search.bestSize < state.seenSize) state.show(entry.search.best.slice());
    if (entry.dual === null) return;
    entry.dual.run(SLICE_ITERATIONS);
    if (entry.dual.bound > state.lowerBound) {
      state.raise(entry.dual.bound, { by: 'dual' }, true, entry.dual.evidence());
    }
  }
}
