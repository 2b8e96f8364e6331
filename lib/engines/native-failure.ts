import { aborted, SmugError, type SmugErrorCode } from '../errors.js';

const known: readonly string[] = ['UNSUPPORTED_OPERATOR', 'OUT_OF_MEMORY', 'ENGINE_FAILED', 'DEVICE_LOST'];

/** An error of the addon as this package's own; whatever else it is passes through. */
export function smugErrorFrom(error: unknown, signal?: AbortSignal): unknown {
  const { code, message } = error as { code?: string; message?: string };
  if (code === 'ABORTED') return aborted(signal);
  if (code === 'BAD_INPUT') return new RangeError(message);
  if (code !== undefined && known.includes(code)) {
    return new SmugError(code as SmugErrorCode, message ?? code, { cause: error });
  }
  return error;
}

/** Calls the addon and translates what it throws. */
export function inSmugTerms<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw smugErrorFrom(error);
  }
}
