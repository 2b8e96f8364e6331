/**
 * Every failure a caller can act on. `code` is stable and meant for programs; `message` says what was
 * wrong, what was expected and what to do, and is meant for people.
 *
 * Wrong *types* of arguments are `TypeError`s and values out of range `RangeError`s, as in Node itself;
 * both name the parameter, carry the code `BAD_OPTION` and come from `badOption`, `wrongType`, `unknownOption` or
 * `argumentFault`. Everything else (files, models, solvers, engines) is a `SmugError`.
 */
export type SmugErrorCode =
  | 'FILE_NOT_FOUND'
  | 'FILE_UNREADABLE'
  | 'FILE_UNWRITABLE'
  | 'STORE_FAILED'
  | 'QUEUE_FAILED'
  | 'SET_ASIDE'
  | 'BAD_IMAGE'
  | 'BAD_MODEL'
  | 'BAD_WEIGHTS'
  | 'UNSUPPORTED_OPERATOR'
  | 'UNSUPPORTED_MODEL'
  | 'NO_PREPROCESSING'
  | 'UNKNOWN_CLASS'
  | 'UNKNOWN_MODEL'
  | 'NOT_CONVERGED'
  | 'BAD_PROBLEM'
  | 'BAD_CERTIFICATE'
  | 'BAD_INPUT'
  | 'ENGINE_UNAVAILABLE'
  | 'ENGINE_FAILED'
  | 'DEVICE_LOST'
  | 'SOLVER_UNAVAILABLE'
  | 'SOLVER_FAILED'
  | 'OUT_OF_MEMORY'
  | 'MISSING_PART'
  | 'ABORTED';

export class SmugError extends Error {
  override readonly name = 'SmugError';
  readonly code: SmugErrorCode;

  constructor(code: SmugErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** A `TypeError` or `RangeError` about an argument. */
export type ArgumentError = (TypeError | RangeError) & { code: 'BAD_OPTION' };

/** A value of the right type that is out of range. `name` is the option, argument or environment variable. */
export function badOption(name: string, value: unknown, expected: string): ArgumentError {
  return Object.assign(new RangeError(`${name} must be ${expected}; got ${shown(value)}`), argument);
}

/** A value of the wrong type. */
export function wrongType(name: string, value: unknown, expected: string): ArgumentError {
  return Object.assign(new TypeError(`${name} must be ${expected}; got ${shown(value)}`), argument);
}

export function unknownOption(name: string, known: readonly string[]): ArgumentError {
  return Object.assign(new TypeError(`unknown option '${name}'; known are ${known.join(', ')}`), argument);
}

/** What is wrong with arguments and is no matter of one value: two that exclude each other, a file of wrong content. */
export function argumentFault(message: string, options?: { cause?: unknown }): ArgumentError {
  return Object.assign(new RangeError(message, options), argument);
}

/** Whose declaration it is: the caller's, or one of the model's own files. */
export type DeclarationCode = 'BAD_OPTION' | 'BAD_MODEL';

/** A wrong declaration (of words, preprocessing, class names). */
export function declarationFault(
  code: DeclarationCode,
  message: string,
  options?: { cause?: unknown },
): ArgumentError | SmugError {
  return code === 'BAD_OPTION' ? argumentFault(message, options) : new SmugError(code, message, options);
}

export function isArgumentError(error: unknown): error is ArgumentError {
  return error instanceof Error && (error as { code?: unknown }).code === argument.code;
}

const argument = { code: 'BAD_OPTION' } as const;

/** A value as a message shows it: strings quoted, long ones cut. */
function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > 80 ? `${value.slice(0, 80)}…` : value}'`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a function' : String(value);
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
