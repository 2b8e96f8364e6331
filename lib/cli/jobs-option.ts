import { availableParallelism } from 'node:os';
import { fromEnvironment } from '../api/check.js';
import { option } from '../api/option.js';
import { options } from '../api/options.js';
import { Type } from '../api/schema.js';
import type { GivenOptions } from './command.js';

/** How many images of a batch or a queue are in flight. */
export const jobsOption = option({
  schema: Type.Integer({ minimum: 1 }),
  help: 'images in flight at once, which share threads and the device (default: one per thread and one more)',
  calls: [],
  placeholder: 'N',
});

/** While threads prove, one more image is read and attributed. */
export function jobsOf({ jobs }: { jobs?: number }, given: GivenOptions): number {
  return jobs ?? threadsOf(given) + 1;
}

/** `--threads`, `SMUG_THREADS`, else the cores. */
export function threadsOf({ threads }: GivenOptions): number {
  return Number(threads ?? fromEnvironment(options.threads) ?? availableParallelism());
}
