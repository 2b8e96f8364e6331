import { timer } from './timer.js';
import type { ThreadFault, WorkerThread } from './worker-thread.js';

/** One piece of work of a thread, from the first message to its result. */
export interface Conversation<From, Result> {
  /** Begins it. */
  begin(): void;
  /** Hears one message: the result ends the conversation, undefined goes on, and what it throws is the failure. */
  hear(message: From): Result | undefined;
  /** What is thrown when the thread ends by itself. Default: the fault. */
  failure?(fault: ThreadFault): Error;
  /** How the work is ended early, where it can be. */
  early?: {
    signal?: AbortSignal;
    /** `performance.now()` at which it is to end; Infinity: never. */
    deadline?: number;
    /** Asks the thread to end the work soon. */
    stop(): void;
    /** Milliseconds that it then has; a thread deep in a long step cannot hear, and is ended. */
    graceMs: number;
    /** The result where it did not answer in time. */
    abandoned(): Result;
  };
}

/** Talks with a thread that the caller has for itself. Afterwards the thread is at rest, or has ended. */
export function converse<To, From, Result>(
  thread: WorkerThread<To, From>,
  { begin, hear, failure = (fault) => fault, early }: Conversation<From, Result>,
): Promise<Result> {
  return new Promise<Result>((resolve, reject) => {
    const undo: (() => void)[] = [];
    let stopping = false;
    const settle = (end: () => void) => {
      for (const step of undo.splice(0)) step();
      end();
    };
    const stop = () => {
      if (stopping) return;
      stopping = true;
      early!.stop();
      undo.push(
        timer(early!.graceMs, () => {
          settle(() => resolve(early!.abandoned()));
          void thread.end();
        }),
      );
    };
    undo.push(
      thread.listen({
        message(message) {
          try {
            const result = hear(message);
            if (result !== undefined) settle(() => resolve(result));
          } catch (error) {
            settle(() => reject(error as Error));
          }
        },
        failed: (fault) => settle(() => (stopping ? resolve(early!.abandoned()) : reject(failure(fault)))),
      }),
    );
    try {
      begin();
    } catch (error) {
      settle(() => reject(error as Error)); // a message that cannot be sent
    }
    if (early === undefined || undo.length === 0) return;
    const { signal, deadline = Infinity } = early;
    undo.push(timer(deadline - performance.now(), stop));
    signal?.addEventListener('abort', stop, { once: true });
    undo.push(() => signal?.removeEventListener('abort', stop));
    if (signal?.aborted) stop();
  });
}
