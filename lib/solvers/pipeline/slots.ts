/** So many at once, the rest in order: lower `urgency` first, then first come, first served. */
export class Slots {
  #free: number;
  #order = 0;
  readonly #waiting: { urgency: number; order: number; start: () => void }[] = [];

  constructor(readonly count: number) {
    this.#free = count;
  }

  /** Runs the work once a slot is free; skips it when the signal is aborted by then. */
  async run<T>(urgency: number, signal: AbortSignal, work: () => Promise<T>): Promise<T | null> {
    if (this.#free > 0) this.#free--;
    else {
      await new Promise<void>((start) => {
        this.#waiting.push({ urgency, order: this.#order++, start });
      });
    }
    try {
      return signal.aborted ? null : await work();
    } finally {
      this.#release();
    }
  }

  #release(): void {
    if (this.#waiting.length === 0) {
      this.#free++;
      return;
    }
    let next = 0;
    for (let i = 1; i < this.#waiting.length; i++) {
      const a = this.#waiting[i];
      const b = this.#waiting[next];
      if (a.urgency < b.urgency || (a.urgency === b.urgency && a.order < b.order)) next = i;
    }
    this.#waiting.splice(next, 1)[0].start();
  }
}
