import { rm } from 'node:fs/promises';
import type { Evaluated } from '../api/evaluation.js';
import { isArgumentError, SmugError, throwIfAborted } from '../errors.js';
import { Journal } from '../files/journal.js';

/** How inputs are gone through, whatever is measured. */
export interface RunOptions<Result> {
  /** Inputs that the journal has as failed are taken up again. Default: they stay failed. */
  retry?: boolean;
  signal?: AbortSignal;
  onDone?: OnEvaluated<Result>;
}

/** Told after every input: how many are done, of how many, and seconds until the end by the pace so far. */
export type OnEvaluated<Result> = (done: number, total: number, secondsLeft: number, result: Result) => void;

/**
 * Evaluates inputs one after the other. Every finished one is on disk before the next begins: killed at any moment, the
 * evaluation goes on where it was. One that fails says why and stops nothing.
 *
 * @param head what is evaluated: a journal of something else is refused
 * @returns every result, in the order of the inputs
 * @throws SmugError FILE_UNWRITABLE, BAD_INPUT for another evaluation's journal, ABORTED; TypeError or RangeError that names an option
 */
export async function runEvaluation<Input extends { file: string }, Result extends Evaluated>(
  journalPath: string,
  head: object,
  inputs: readonly Input[],
  evaluateOne: (input: Input, images: { done: number; total: number }) => Promise<Result>,
  { retry, signal, onDone }: RunOptions<Result>,
): Promise<Result[]> {
  const done = new Map<string, Result>();
  let begun = false;
  const before = (result: Result) => {
    begun = true;
    if (retry && result.error) done.delete(result.file);
    else done.set(result.file, result);
  };
  const journal = await Journal.open<Result>(journalPath, head, before);
  let refused = false;
  try {
    const start = performance.now();
    const open = inputs.filter(({ file }) => !done.has(file));
    for (const [at, input] of open.entries()) {
      throwIfAborted(signal);
      const place = { done: done.size, total: inputs.length };
      const result = await evaluateOne(input, place).catch((error: unknown) =>
        failure<Result>(input, error, signal),
      );
      await journal.add(result);
      begun = true;
      done.set(input.file, result);
      const left = ((performance.now() - start) / 1000 / (at + 1)) * (open.length - at - 1);
      onDone?.(done.size, inputs.length, left, result);
    }
    return inputs.map(({ file }) => done.get(file)!);
  } catch (error) {
    refused = isArgumentError(error) && !begun;
    throw error;
  } finally {
    await journal.close();
    // A wrong option has begun nothing: the folder is free for the right one.
    if (refused) await rm(journalPath, { force: true });
  }
}

function failure<Result extends Evaluated>(
  { file }: { file: string },
  error: unknown,
  signal: AbortSignal | undefined,
): Result {
  // Nothing will be better with the next input.
  if (
    signal?.aborted ||
    isArgumentError(error) ||
    (error instanceof SmugError && error.code === 'FILE_UNWRITABLE')
  )
    throw error;
  const { code = 'INTERNAL', message } = error as { code?: string; message: string };
  return { file, correct: false, error: { code, message } } as Result;
}

/** What could not be evaluated, and why. */
export function failures(results: readonly Evaluated[]): { file: string; code: string; message: string }[] {
  return results.flatMap(({ file, error }) => (error ? [{ file, ...error }] : []));
}
