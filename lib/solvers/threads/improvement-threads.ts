import { Worker } from 'node:worker_threads';
import { LARGE_VARIABLES, type ComponentState } from '../pipeline/component-state.js';
import type { FromImprovement, ToImprovement } from './improvement-messages.js';

/** Smaller ones, down to this size, get a thread for bounds when provers have not ended by then. */
const BOUNDED_VARIABLES = 100;
const PATIENCE_MS = 3000;
/** How often masks found elsewhere are passed on to the search, and what is settled is dropped. */
const EXCHANGE_MS = 500;

/**
 * Search and bounds for the components that no prover is likely to finish, in worker threads of their own
 * (one for both where only one thread is allowed). What they find is checked by the component's state, and counts
 * when the solve is stopped or bound and mask meet.
 */
export class ImprovementThreads {
  readonly #workers: Worker[] = [];
  readonly #known: (Uint8Array | null)[] = [];
  readonly #given = new Set<number>();
  #search: Worker | null = null;
  #bound: Worker | null = null;
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly states: readonly ComponentState[],
    private readonly threads: number,
    private readonly seed: number,
    private readonly native: boolean,
  ) {
    this.#give((state) => state.variables >= LARGE_VARIABLES);
    const patience = setTimeout(() => this.#give(isOpen), PATIENCE_MS);
    this.#timers.push(
      patience,
      setInterval(() => this.#exchange(), EXCHANGE_MS),
    );
  }

  /** Ends the threads; what they have not told yet is lost. */
  async stop(): Promise<void> {
    this.#timers.forEach(clearInterval);
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #give(wanted: (state: ComponentState) => boolean): void {
    this.states.forEach((state, id) => {
      if (this.#given.has(id) || !wanted(state)) return;
      this.#given.add(id);
      const { floor, ceiling } = state.model;
      if (state.variables >= LARGE_VARIABLES) {
        this.#search ??= this.#start();
        tell(this.#search, { kind: 'search', id, component: floor, seed: this.seed, initial: null });
      }
      this.#bound ??= (this.threads === 1 ? this.#search : null) ?? this.#start();
      tell(this.#bound, { kind: 'bound', id, component: ceiling, native: this.native });
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL('./improvement-worker.js', import.meta.url), { execArgv: [] });
    worker.on('message', (message: FromImprovement) => {
      const state = this.states[message.id];
      if (message.kind === 'mask') {
        this.#known[message.id] = message.mask;
        state.show(message.mask);
      } else if (message.bound > state.lowerBound) {
        const { bound, evidence } = message;
        state.raise(bound, { by: evidence.kind }, true, evidence);
      }
    });
    // Out of memory, say: the solve goes on without its help, and the result tells of a fault.
    worker.on('error', () => {
      for (const id of this.#given) this.states[id].faults++;
    });
    this.#workers.push(worker);
    return worker;
  }

  #exchange(): void {
    for (const id of this.#given) {
      const { seen, agreed, settled } = this.states[id];
      if (agreed || settled) {
        this.#given.delete(id);
        for (const worker of this.#workers) tell(worker, { kind: 'drop', id });
      } else if (this.#search !== null && seen !== null && seen !== this.#known[id]) {
        this.#known[id] = seen;
        tell(this.#search, { kind: 'offer', id, mask: seen });
      }
    }
  }
}

function isOpen({ variables, agreed, settled }: ComponentState): boolean {
  return variables >= BOUNDED_VARIABLES && !agreed && !settled;
}

function tell(worker: Worker, message: ToImprovement): void {
  worker.postMessage(message);
}
