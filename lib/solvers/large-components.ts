import { Worker } from 'node:worker_threads';
import type { ComponentState } from './component-solver.js';
import type { FromImprovement, ToImprovement } from './improvement-messages.js';

/** From so many variables on a component is not waited for: search and bounds get threads of their own. */
export const LARGE_VARIABLES = 3000;
/** How often masks found elsewhere are passed on to the search. */
const EXCHANGE_MS = 500;

/**
 * Search and bounds for the components that no exact engine is likely to finish, each in a worker thread of its own
 * from the first millisecond (one for both where only one thread is allowed). What they find is checked by the
 * component's state, and counts when the solve is stopped or bound and mask meet.
 */
export class LargeComponents {
  readonly #workers: Worker[] = [];
  readonly #known: (Uint8Array | null)[] = [];
  readonly #dropped = new Set<number>();
  readonly #exchange: NodeJS.Timeout | undefined;

  constructor(
    private readonly states: readonly ComponentState[],
    threads: number,
    seed: number,
  ) {
    const large = states.flatMap((state, id) => (state.variables >= LARGE_VARIABLES ? [id] : []));
    if (large.length === 0) return;
    const search = this.#start();
    const bound = threads > 1 ? this.#start() : search;
    for (const id of large) {
      const { floor, ceiling } = states[id].model;
      tell(search, { kind: 'search', id, component: floor, seed, initial: null });
      tell(bound, { kind: 'bound', id, component: ceiling });
    }
    this.#exchange = setInterval(() => {
      for (const id of large) this.#share(search, id);
    }, EXCHANGE_MS);
  }

  /** Ends the workers; what they have not told yet is lost. */
  async stop(): Promise<void> {
    clearInterval(this.#exchange);
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
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
    // Out of memory, say: the solve goes on without its help.
    worker.on('error', () => {});
    this.#workers.push(worker);
    return worker;
  }

  #share(search: Worker, id: number): void {
    const { seen, agreed, settled } = this.states[id];
    if (agreed || settled) {
      if (!this.#dropped.has(id)) for (const worker of this.#workers) tell(worker, { kind: 'drop', id });
      this.#dropped.add(id);
    } else if (seen !== null && seen !== this.#known[id]) {
      this.#known[id] = seen;
      tell(search, { kind: 'offer', id, mask: seen });
    }
  }
}

function tell(worker: Worker, message: ToImprovement): void {
  worker.postMessage(message);
}
