import { throwIfAborted } from '../errors.js';

/** Milliseconds of work after which the event loop gets its turn, so that Ctrl-C and signals are heard. */
const TURN_MS = 30;
/** Units of work (about one integer operation each) between two looks at the clock. */
const UNITS_PER_LOOK = 100_000;

/** Thrown where the time the caller allows is over; what was not reached stays unchecked. */
export class OutOfTime extends Error {}

/** The time that one verification may take. Every loop over a certificate's content asks it for its turn. */
export class Work {
  readonly #deadline: number;
  #units = 0;
  #turn = performance.now();

  /** `timeLimit`: seconds from now; Infinity: none. */
  constructor(
    timeLimit: number,
    readonly signal: AbortSignal | undefined,
  ) {
    this.#deadline = performance.now() + timeLimit * 1000;
  }

  /** Milliseconds left. */
  get left(): number {
    return this.#deadline - performance.now();
  }

  /** Counts work; true when `turn` should be awaited before going on. */
  due(units: number): boolean {
    this.#units += units;
    if (this.#units < UNITS_PER_LOOK) return false;
    this.#units = 0;
    return performance.now() - this.#turn > TURN_MS;
  }

  /**
   * Lets other work in.
   * @throws OutOfTime; SmugError `ABORTED`
   */
  async turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#turn = performance.now();
    throwIfAborted(this.signal);
    if (this.left <= 0) throw new OutOfTime();
  }
}
