import type { ImageJob } from './bullmq.js';

/** What the queue's thread is started with. */
export interface ThreadData {
  redis: string;
  queue: string;
  /** Images at once. */
  jobs: number;
  /** Milliseconds that a job is ours without a word. */
  lockMs: number;
  /** Ends when nothing is left in the queue. */
  drain: boolean;
  /** Images per second of all workers. */
  rate?: number;
}

/** From the queue's thread: what is to be done. */
export type FromQueue =
  | { kind: 'ready' }
  | { kind: 'image'; id: number; job: ImageJob }
  /** Workers died on it so often: a result is to say so. */
  | { kind: 'give-up'; id: number; job: ImageJob }
  | { kind: 'ping' }
  | { kind: 'note'; text: string }
  | { kind: 'ended' }
  | { kind: 'failed'; code: string; message: string };

/** To the queue's thread: what became of it. */
export type ToQueue =
  | { kind: 'done'; id: number; outcome: string }
  /** It is tried again, here or elsewhere. */
  | { kind: 'not-done'; id: number; message: string }
  | { kind: 'pong' }
  /** Takes nothing more, and ends when what is under way has ended. */
  | { kind: 'end' };
