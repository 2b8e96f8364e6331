import type * as Bullmq from 'bullmq';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { SmugError } from '../errors.js';

/** What a job holds: which batch it belongs to, and which of its images. Small, as millions of them lie in Redis. */
export interface ImageJob {
  /** Where the batch's settings and results stand: a folder or `s3://…`. */
  out: string;
  name: string;
  input: string;
  /** The archive in which it stands, where it does. */
  archive?: string;
  /** How often somebody began with it whose end was not heard. */
  begun?: number;
}

/** Redis or Valkey, and the queue there. */
export interface QueueAddress {
  /** `redis://HOST:PORT/DB`, `rediss://` for TLS. */
  redis: string;
  queue: string;
}

export interface OpenQueue {
  queue: Queue<ImageJob>;
  close(): Promise<void>;
}

/** How long a first connection may take. */
const CONNECT_MS = 10_000;

/**
 * The packages of the queue, which nothing else loads.
 * @throws SmugError MISSING_PART
 */
export async function loadBullmq(): Promise<{
  bullmq: typeof Bullmq;
  Redis: new (...words: never[]) => Redis;
}> {
  try {
    const [bullmq, ioredis] = await Promise.all([import('bullmq'), import('ioredis')]);
    return { bullmq, Redis: ioredis.Redis as never };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new SmugError(
      'MISSING_PART',
      'The queue needs bullmq and ioredis, which are not installed: npm install bullmq ioredis',
    );
  }
}

/**
 * Connects, and waits until the server answers. Later losses of the connection are outlasted.
 * @throws SmugError QUEUE_FAILED where nobody answers, MISSING_PART
 */
export async function connectRedis(url: string): Promise<Redis> {
  const { Redis } = await loadBullmq();
  const redis = new (Redis as unknown as new (url: string, options: object) => Redis)(url, {
    // BullMQ asks for it: a command waits for the connection to come back.
    maxRetriesPerRequest: null,
    retryStrategy: (times: number) => Math.min(200 * times, 5000),
  });
  let last: Error | undefined;
  redis.on('error', (error: Error) => (last = error));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(last ?? new Error(`no answer within ${CONNECT_MS / 1000} s`)),
      CONNECT_MS,
    );
  });
  try {
    await Promise.race([redis.ping(), late]);
    return redis;
  } catch (cause) {
    redis.disconnect();
    const { message, code } = cause as NodeJS.ErrnoException;
    throw new SmugError('QUEUE_FAILED', `${shown(url)} does not answer: ${message || code}.`, { cause });
  } finally {
    clearTimeout(timer);
  }
}

/** @throws as `connectRedis` */
export async function openQueue({ redis: url, queue: name }: QueueAddress): Promise<OpenQueue> {
  const { bullmq } = await loadBullmq();
  const redis = await connectRedis(url);
  const queue = new bullmq.Queue<ImageJob>(name, { connection: redis as never });
  queue.on('error', () => {});
  return {
    queue,
    async close() {
      await queue.close();
      redis.disconnect();
    },
  };
}

/** Without its password. */
function shown(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//');
}
