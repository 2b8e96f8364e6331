import { SmugError } from '../errors.js';

/** Thrown where no more may wait; `retryAfter` in seconds. */
export class QueueFull extends Error {
  override readonly name = 'QueueFull';
  constructor(readonly retryAfter: number) {
    super('Too many requests are waiting.');
  }
}

interface Waiting {
  start: () => void;
  refuse: (error: Error) => void;
}

/** How much a new duration counts in the mean. */
const FRESHNESS = 0.2;

/**
 * Bounded work: a number at once, a number waiting, first come first served. What is cheap has a lane of its own, so that it
 * never waits for proofs.
 */
export class WorkQueue {
  readonly #waiting: Waiting[] = [];
  #running = 0;
  #meanMs = 1000;

  constructor(
    readonly slots: number,
    readonly most: number,
  ) {}

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Runs work when there is a slot.
   * @throws QueueFull at once; SmugError ABORTED where the signal is raised while it waits
   */
  async run<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    if (signal.aborted) throw aborted();
    if (this.#running < this.slots) this.#running++;
    else await this.#wait(signal);
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.#meanMs += FRESHNESS * (performance.now() - start - this.#meanMs);
      const next = this.#waiting.shift();
      if (next) next.start();
      else this.#running--;
    }
  }

  #wait(signal: AbortSignal): Promise<void> {
    if (this.#waiting.length >= this.most) throw new QueueFull(this.retryAfter());
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(aborted());
      };
      const waiting: Waiting = {
        start: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
        refuse: reject,
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiting);
    });
  }

  /** Seconds until what waits now is likely done, at least 1. */
  retryAfter(): number {
    return Math.max(1, Math.ceil((this.#meanMs * (this.#waiting.length + 1)) / this.slots / 1000));
  }
}

function aborted(): SmugError {
  return new SmugError('ABORTED', 'The request was cancelled while it waited.');
}
