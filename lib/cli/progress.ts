import type { ExplainProgress } from '../explainers/options.js';
import type { SolveProgress } from '../solvers/solver.js';
import type { VerifyProgress } from '../verification/progress.js';

/** Least time between two lines where stderr is a file or pipe, and between two redraws on a terminal. */
const LINE_EVERY_MS = 5000;
const REDRAW_EVERY_MS = 100;
/** A line whose text stays the same still counts its seconds. */
const TICK_MS = 1000;

/**
 * Progress on stderr: one live line on a terminal, an occasional plain line elsewhere, so that logs stay short and
 * short runs stay silent there. From the first second on a line ends with the seconds since the first text.
 */
export class Progress {
  readonly #live = process.stderr.isTTY === true;
  #last = performance.now();
  #shown = false;
  #text = '';
  #since = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Says what is going on now; may be called as often as one likes. */
  update(text: string): void {
    if (this.#timer === undefined) {
      this.#since = performance.now();
      this.#timer = setInterval(() => this.#draw(), TICK_MS).unref();
    }
    this.#text = text;
    this.#draw();
  }

  /** Removes the live line, so that something else can be printed. */
  clear(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#shown) process.stderr.write('\r\x1b[K');
    this.#shown = false;
  }

  /** A line that stays. */
  log(text: string): void {
    this.clear();
    process.stderr.write(`${text}\n`);
  }

  #draw(): void {
    const now = performance.now();
    if (now - this.#last < (this.#live ? REDRAW_EVERY_MS : LINE_EVERY_MS)) return;
    this.#last = now;
    const seconds = Math.floor((now - this.#since) / 1000);
    const line = seconds > 0 ? `${this.#text} (${seconds} s)` : this.#text;
    if (!this.#live) {
      process.stderr.write(`${line}\n`);
      return;
    }
    const width = (process.stderr.columns ?? 80) - 1;
    process.stderr.write(`\r\x1b[K${line.slice(0, width)}`);
    this.#shown = true;
  }
}

/** Where an explanation or attribution stands. */
export function progressText({
  phase,
  steps,
  completenessError,
  size,
  lowerBound,
  stage,
}: ExplainProgress): string {
  if (phase === 'attribution' && steps !== undefined) {
    const error =
      completenessError == null ? '' : `, completeness error ${(100 * completenessError).toFixed(2)} %`;
    return `attribution, ${steps} steps${error}`;
  }
  if (phase === 'solving' && lowerBound !== undefined)
    return `solving, ${solvingText({ size, lowerBound, stage })}`;
  return phase;
}

/** Where a search for the smallest mask stands. */
export function solvingText({
  size,
  lowerBound,
  stage,
}: Partial<Pick<SolveProgress, 'size' | 'stage'>> & { lowerBound: number }): string {
  if (stage === 'choosing') return `${size} cells, choosing among the smallest masks`;
  if (size === lowerBound) return `${size} cells, confirming that no mask is smaller`;
  return `between ${lowerBound} and ${size ?? '?'} cells`;
}

const claims = { bound: 'the bound', heaviest: 'the heaviest mask', core: 'the core' };

/** Where a verification stands. */
export function verifyingText({ stage, done, of }: VerifyProgress): string {
  return stage === 'masks'
    ? `${done} of ${of} smaller masks tried`
    : `proofs of ${claims[stage]}, component ${done + 1} of ${of}`;
}
