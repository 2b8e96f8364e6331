/** Least time between two lines where stderr is a file or pipe, and between two redraws on a terminal. */
const LINE_EVERY_MS = 5000;
const REDRAW_EVERY_MS = 100;

/**
 * Progress on stderr: one live line on a terminal, an occasional plain line elsewhere, so that logs stay short and
 * short runs stay silent there.
 */
export class Progress {
  readonly #live = process.stderr.isTTY === true;
  #last = performance.now();
  #shown = false;

  /** Says what is going on now; may be called as often as one likes. */
  update(text: string): void {
    const now = performance.now();
    if (now - this.#last < (this.#live ? REDRAW_EVERY_MS : LINE_EVERY_MS)) return;
    this.#last = now;
    if (!this.#live) {
      process.stderr.write(`${text}\n`);
      return;
    }
    const width = (process.stderr.columns ?? 80) - 1;
    process.stderr.write(`\r\x1b[K${text.slice(0, width)}`);
    this.#shown = true;
  }

  /** Removes the live line, so that something else can be printed. */
  clear(): void {
    if (this.#shown) process.stderr.write('\r\x1b[K');
    this.#shown = false;
  }

  /** A line that stays. */
  log(text: string): void {
    this.clear();
    process.stderr.write(`${text}\n`);
  }
}
