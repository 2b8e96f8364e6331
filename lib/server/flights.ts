/** One question that is being answered, and how many ask it. */
interface Flight<Result, Progress> {
  answer: Promise<Result>;
  asking: number;
  controller: AbortController;
  /** Those who want to know how far it is. */
  told: Set<(progress: Progress) => void>;
  /** All that was told so far, later values over earlier ones: what somebody who joins hears first. */
  known?: Progress;
}

type Work<Result, Progress> = (signal: AbortSignal, tell: (progress: Progress) => void) => Promise<Result>;

/** Answers the same question once for all who ask it meanwhile. The work is cancelled when the last of them has gone. */
export class Flights<Result, Progress extends object = never> {
  readonly #flights = new Map<string, Flight<Result, Progress>>();

  async join(
    key: string,
    signal: AbortSignal,
    work: Work<Result, Progress>,
    told?: (progress: Progress) => void,
  ): Promise<{ result: Result; shared: boolean }> {
    const known = this.#flights.get(key);
    const shared = known !== undefined && !known.controller.signal.aborted;
    const flight = shared ? known : this.#start(key, work, told);
    flight.asking++;
    if (told) flight.told.add(told);
    if (told && shared && flight.known) told(flight.known);
    const leave = () => {
      if (told) flight.told.delete(told);
      if (--flight.asking === 0) flight.controller.abort(signal.reason);
    };
    const gone = new Promise<never>((_, reject) => {
      const go = () => {
        leave();
        // Alone, the work itself tells how it ended: a solve that is stopped has an answer.
        if (flight.asking > 0) reject(signal.reason as Error);
      };
      // Raised already, it tells nobody any more.
      if (signal.aborted) go();
      else signal.addEventListener('abort', go, { once: true });
    });
    return { result: await Promise.race([flight.answer, gone]), shared };
  }

  #start(
    key: string,
    work: Work<Result, Progress>,
    first: ((progress: Progress) => void) | undefined,
  ): Flight<Result, Progress> {
    const controller = new AbortController();
    // Work begins at once, and tells so: whoever began it listens already.
    const told = new Set(first && [first]);
    const flight: Flight<Result, Progress> = { answer: undefined!, asking: 0, controller, told };
    const tell = (progress: Progress) => {
      flight.known = { ...flight.known, ...progress };
      told.forEach((one) => one(progress));
    };
    flight.answer = work(controller.signal, tell);
    this.#flights.set(key, flight);
    const land = () => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    };
    flight.answer.then(land, land);
    return flight;
  }
}
