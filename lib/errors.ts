/**
 * Every failure a caller can act on. `code` is stable and meant for programs; `message` says what was
 * wrong, what was expected and what to do, and is meant for people.
 *
 * Wrong *types* of arguments are `TypeError`s and values out of range `RangeError`s, as in Node itself;
 * both name the parameter. Everything else (files, models, solvers, engines) is a `SmugError`.
 */
export type SmugErrorCode =
  | 'BAD_OPTION'
  | 'FILE_NOT_FOUND'
  | 'FILE_UNREADABLE'
  | 'FILE_UNWRITABLE'
  | 'BAD_IMAGE'
  | 'BAD_MODEL'
  | 'BAD_WEIGHTS'
  | 'UNSUPPORTED_OPERATOR'
  | 'UNSUPPORTED_MODEL'
  | 'NO_PREPROCESSING'
  | 'UNKNOWN_CLASS'
  | 'BAD_PROBLEM'
  | 'BAD_CERTIFICATE'
  | 'BAD_INPUT'
  | 'ENGINE_UNAVAILABLE'
  | 'ENGINE_FAILED'
  | 'DEVICE_LOST'
  | 'SOLVER_UNAVAILABLE'
  | 'SOLVER_FAILED'
  | 'OUT_OF_MEMORY'
  | 'ABORTED';

export class SmugError extends Error {
  override readonly name = 'SmugError';
  readonly code: SmugErrorCode;

  constructor(code: SmugErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Throws the signal's reason as an `ABORTED` error if the work was cancelled. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw aborted(signal);
}

export function aborted(signal?: AbortSignal): SmugError {
  return new SmugError('ABORTED', 'The operation was cancelled by its AbortSignal.', {
    cause: signal?.reason,
  });
}
