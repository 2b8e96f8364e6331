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
export function jobsOf({ jobs }: { jobs?: number }, { threads }: GivenOptions): number {
  return jobs ?? Number(threads ?? fromEnvironment(options.threads) ?? availableParallelism()) + 1;
}
