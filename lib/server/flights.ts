/** One question that is being answered, and how many ask it. */
interface Flight<Result> {
  answer: Promise<Result>;
  asking: number;
  controller: AbortController;
}

/** Answers the same question once for all who ask it meanwhile. The work is cancelled when the last of them has gone. */
export class Flights<Result> {
  readonly #flights = new Map<string, Flight<Result>>();

  async join(
    key: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<{ result: Result; shared: boolean }> {
    const known = this.#flights.get(key);
    const shared = known !== undefined && !known.controller.signal.aborted;
    const flight = shared ? known : this.#start(key, work);
    flight.asking++;
    const leave = () => {
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

  #start(key: string, work: (signal: AbortSignal) => Promise<Result>): Flight<Result> {
    const controller = new AbortController();
    const flight: Flight<Result> = { answer: work(controller.signal), asking: 0, controller };
    this.#flights.set(key, flight);
    const land = () => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    };
    flight.answer.then(land, land);
    return flight;
  }
}
