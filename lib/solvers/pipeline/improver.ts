import type { ComponentState } from './component-state.js';
import { LARGE_VARIABLES } from './component-state.js';
import { LocalSearch } from '../search/local-search.js';

/** Components below this are left to the exact provers. */
const SEARCHED_VARIABLES = 200;
/** Most components are proven before search would help. */
const DELAY_MS = 400;
/** Work between two looks at the rest of the world, about 5 ms. */
const SLICE_WORK = 500_000;

/**
 * Local search beside the exact provers, on this thread, in short slices: each goes to the component that holds the
 * largest share of the gap. Large components are left to workers (see `ImprovementThreads`). What it finds is shown at
 * once and counts when the solve is stopped; it never decides which mask a finished proof returns.
 */
export class Improver {
  readonly #searches = new Map<ComponentState, { search: LocalSearch; work: number }>();
  readonly #start = performance.now();
  readonly #states: readonly ComponentState[];
  readonly #multiplicity: readonly number[];
  readonly #signal: AbortSignal;
  readonly #seed: number;

  constructor(
    states: readonly ComponentState[],
    multiplicity: readonly number[],
    signal: AbortSignal,
    seed: number,
  ) {
    this.#states = states;
    this.#multiplicity = multiplicity;
    this.#signal = signal;
    this.#seed = seed;
  }

  /** Runs until the signal ends it. */
  async run(): Promise<void> {
    const searched = this.#states.some(({ variables }) => isSearched(variables));
    while (searched && !this.#signal.aborted) {
      const state = this.#neediest();
      if (state === null) {
        await this.#pause();
        continue;
      }
      this.#improve(state);
      // Most of the machine is left to the provers while they may well end soon.
      await this.#pause();
    }
  }

  async #pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, 20);
      this.#signal.addEventListener('abort', done);
    });
  }

  /** The open component with the largest gap for the work it has had. */
  #neediest(): ComponentState | null {
    if (performance.now() - this.#start < DELAY_MS) return null;
    let neediest: ComponentState | null = null;
    let largest = 0;
    this.#states.forEach((state, i) => {
      if (!isSearched(state.variables) || state.agreed || state.settled) return;
      const gap = Math.min(state.seenSize, state.variables) - state.lowerBound;
      const share = (this.#multiplicity[i] * gap) / (1 + (this.#searches.get(state)?.work ?? 0));
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
      entry = { search: new LocalSearch(state.model.floor, { seed: this.#seed, initial }), work: 0 };
      this.#searches.set(state, entry);
    }
    entry.search.run(SLICE_WORK);
    entry.work++;
    if (entry.search.bestSize < state.seenSize) state.show(entry.search.best.slice());
  }
}

function isSearched(variables: number): boolean {
  return variables >= SEARCHED_VARIABLES && variables < LARGE_VARIABLES;
}
