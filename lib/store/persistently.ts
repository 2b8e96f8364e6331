import { setTimeout as sleep } from 'node:timers/promises';
import { SmugError } from '../errors.js';

/** An answer that arrived and is not true. */
export class Untrue extends Error {}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Does something with a service that may fail, several times where need be; the pauses double, with chance in them, so that a thousand
 * machines do not come back at once.
 *
 * @param what begins the message of the error
 * @param work one try; it ends early when its signal is aborted
 * @param isPassing whether a failure may pass
 * @throws SmugError STORE_FAILED with the last failure; errors of this package as they are
 */
export async function persistently<Result>(
  what: string,
  { attempts, timeoutMs }: { attempts: number; timeoutMs: number },
  work: (signal: AbortSignal) => Promise<Result>,
  isPassing: (error: unknown) => boolean,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      return await endedWith(signal, work(signal));
    } catch (cause) {
      if (cause instanceof SmugError) throw cause;
      const passing = signal.aborted || cause instanceof Untrue || isPassing(cause);
      if (attempt === attempts || !passing) {
        const why = signal.aborted ? `no answer within ${timeoutMs / 1000} s` : reasonOf(cause);
        const tries = attempt > 1 ? ` (${attempt} tries)` : '';
        throw new SmugError('STORE_FAILED', `${what}: ${why}${tries}.`, { cause });
      }
    }
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1));
    await sleep(pause * (0.5 + Math.random()));
  }
}

/** Fails when the signal is aborted, also where the work does not hear it. */
function endedWith<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function reasonOf(error: unknown): string {
  const { name, message, code } = error as Error & { code?: string };
  return message !== '' && message !== 'UnknownError' ? message : (code ?? name);
}
