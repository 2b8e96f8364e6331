import { monitorEventLoopDelay } from 'node:perf_hooks';

/** What is promised: a stopped solve answers within this. */
const PROMISED_MS = 200;
/** Timer, message to the worker, its answer, and the promise: each may wait for the machine. */
const HOPS = 4;

/**
 * How late a stopped solve may answer here: what is promised, and for each hop the longest that this process was
 * kept waiting meanwhile by whatever else the machine did (on a quiet machine a millisecond or two).
 */
export class Stalls {
  readonly #delay = monitorEventLoopDelay({ resolution: 5 });

  constructor() {
    this.#delay.enable();
  }

  allowedMs(): number {
    this.#delay.disable();
    return PROMISED_MS + 20 + HOPS * Math.max(0, this.#delay.max / 1e6 - 5);
  }
}
