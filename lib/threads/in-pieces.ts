import { setImmediate } from 'node:timers/promises';

/** Work in pieces of some milliseconds, between which others may have the thread. */
export type Pieces<Result> = Generator<void, Result>;

/** All of it, while everybody else waits. */
export function atOnce<Result>(work: Pieces<Result>): Result {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** Gives way to the event loop between the pieces. */
export async function givingWay<Result>(work: Pieces<Result>): Promise<Result> {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    await setImmediate();
  }
}

/** Pixels of a piece: some nanoseconds each. */
const PIXELS = 2 ** 18;

/** How many rows of a picture are a piece. */
export function rowsPerPiece(width: number): number {
  return Math.max(1, Math.floor(PIXELS / width));
}
