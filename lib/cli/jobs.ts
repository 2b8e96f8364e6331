import { availableParallelism } from 'node:os';
import { fromEnvironment } from '../api/check.js';
import { options } from '../api/options.js';
import type { GivenOptions } from './command.js';

/** How many images of a batch or a queue are in flight: while threads prove, one more is read and attributed. */
export function jobsOf({ jobs }: { jobs?: number }, given: GivenOptions): number {
  return jobs ?? threadsOf(given) + 1;
}

/** `--threads`, `SMUG_THREADS`, else the cores. */
export function threadsOf({ threads }: GivenOptions): number {
  return Number(threads ?? fromEnvironment(options.threads) ?? availableParallelism());
}
