import { fromEnvironment } from '../api/check.js';
import { option } from '../api/option.js';
import { Type } from '../api/schema.js';
import { badOption } from '../errors.js';
import type { QueueAddress } from '../queue/bullmq.js';

/** What every command of the queue must be told. */
export const queueOptions = {
  redis: option({
    schema: Type.String({ minLength: 1 }),
    help: 'Redis or Valkey: redis://HOST:PORT, rediss:// for TLS (default: SMUG_REDIS, else redis://127.0.0.1:6379)',
    calls: [],
    placeholder: 'URL',
    environment: 'SMUG_REDIS',
  }),
  queue: option({
    schema: Type.String(),
    help: 'name of the queue there',
    calls: [],
    placeholder: 'NAME',
    default: 'smug',
  }),
};

export interface OwnQueue {
  redis?: string;
  queue: string;
}

/** @throws RangeError that names --queue */
export function addressOf({ redis, queue }: OwnQueue): QueueAddress {
  if (!/^[\w.-]{1,100}$/.test(queue))
    throw badOption('--queue', queue, 'a name of letters, digits, ., - and _');
  const named = redis ?? fromEnvironment(queueOptions.redis);
  return { redis: typeof named === 'string' ? named : 'redis://127.0.0.1:6379', queue };
}
