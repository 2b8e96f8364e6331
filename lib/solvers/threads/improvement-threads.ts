import { ThreadPool } from '../../threads/thread-pool.js';
import type { WorkerThread } from '../../threads/worker-thread.js';
import { LARGE_VARIABLES, type ComponentState } from '../pipeline/component-state.js';
import type { FromImprovement, ToImprovement } from './improvement-messages.js';

/** Smaller ones, down to this size, get a thread for bounds when provers have not ended by then. */
const BOUNDED_VARIABLES = 100;
const PATIENCE_MS = 3000;
/** How often masks found elsewhere are passed on to the search, and what is settled is dropped. */
const EXCHANGE_MS = 500;

type Helper = WorkerThread<ToImprovement, FromImprovement>;

/** For all solves of this thread. A helper is ended with its solve: it holds a copy of the components. */
const pool = new ThreadPool<ToImprovement, FromImprovement>(
  { name: "The solver's search and bounds", entry: new URL('./improvement-worker.js', import.meta.url) },
  { size: 2 },
);

/**
 * Search and bounds for the components that no prover is likely to finish, in worker threads of their own
 * (one for both where only one thread is allowed). What they find is checked by the component's state, and counts
 * when the solve is stopped or bound and mask meet.
 */
export class ImprovementThreads {
  readonly #helpers: Promise<Helper | null>[] = [];
  readonly #known: (Uint8Array | null)[] = [];
  readonly #given = new Set<number>();
  #search: Promise<Helper | null> | null = null;
  #bound: Promise<Helper | null> | null = null;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #stopped = new AbortController();
  readonly #states: readonly ComponentState[];
  readonly #threads: number;
  readonly #seed: number;
  readonly #native: boolean;

  constructor(states: readonly ComponentState[], threads: number, seed: number, native: boolean) {
    this.#states = states;
    this.#threads = threads;
    this.#seed = seed;
    this.#native = native;
    this.#give((state) => state.variables >= LARGE_VARIABLES);
    const patience = setTimeout(() => this.#give(isOpen), PATIENCE_MS);
    this.#timers.push(
      patience,
      setInterval(() => this.#exchange(), EXCHANGE_MS),
    );
  }

  /**
   * Ends the threads; what they have not told yet is lost. Nobody waits: one in the middle of native work ends a quarter of a
   * second later, and the answer is wanted sooner.
   */
  stop(): void {
    this.#timers.forEach(clearInterval);
    this.#stopped.abort();
    for (const helper of this.#helpers) void end(helper);
  }

  #give(wanted: (state: ComponentState) => boolean): void {
    this.#states.forEach((state, id) => {
      if (this.#given.has(id) || !wanted(state)) return;
      this.#given.add(id);
      const { floor, ceiling } = state.model;
      if (state.variables >= LARGE_VARIABLES) {
        this.#search ??= this.#start();
        tell(this.#search, { kind: 'search', id, component: floor, seed: this.#seed, initial: null });
      }
      this.#bound ??= (this.#threads === 1 ? this.#search : null) ?? this.#start();
      tell(this.#bound, { kind: 'bound', id, component: ceiling, native: this.#native });
    });
  }

  /** A helper, as soon as there is one; null where the solve ended before. */
  #start(): Promise<Helper | null> {
    const helper = pool.take({ signal: this.#stopped.signal }).then((thread) => {
      thread?.listen({
        message: (message) => this.#hear(message),
        // Out of memory, say: the solve goes on without its help, and the result tells of a fault.
        failed: () => this.#given.forEach((id) => this.#states[id].faults++),
      });
      return thread;
    });
    this.#helpers.push(helper);
    return helper;
  }

  #hear(message: FromImprovement): void {
    const state = this.#states[message.id];
    if (message.kind === 'mask') {
      this.#known[message.id] = message.mask;
      state.show(message.mask);
    } else if (message.bound > state.lowerBound) {
      const { bound, evidence } = message;
      state.raise(bound, { by: evidence.kind }, true, evidence);
    }
  }

  #exchange(): void {
    for (const id of this.#given) {
      const { seen, agreed, settled } = this.#states[id];
      if (agreed || settled) {
        this.#given.delete(id);
        for (const helper of this.#helpers) tell(helper, { kind: 'drop', id });
      } else if (this.#search !== null && seen !== null && seen !== this.#known[id]) {
        this.#known[id] = seen;
        tell(this.#search, { kind: 'offer', id, mask: seen });
      }
    }
  }
}

async function end(helper: Promise<Helper | null>): Promise<void> {
  const thread = await helper;
  if (thread === null) return;
  await thread.end();
  pool.give(thread);
}

function isOpen({ variables, agreed, settled }: ComponentState): boolean {
  return variables >= BOUNDED_VARIABLES && !agreed && !settled;
}

function tell(helper: Promise<Helper | null>, message: ToImprovement): void {
  void helper.then((thread) => thread?.post(message));
}
