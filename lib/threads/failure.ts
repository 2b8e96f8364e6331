import { SmugError, type SmugErrorCode } from '../errors.js';

/** An error in a form that survives the way between threads. */
export interface Failure {
  name: string;
  code?: string;
  message: string;
}

export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  return { name: error.name, code: (error as { code?: string }).code, message: error.message };
}

/** The error again, of the class and with the code that it had. */
export function errorOf({ name, code, message }: Failure): Error {
  if (name === 'SmugError') return new SmugError(code as SmugErrorCode, message);
  const Kind = name === 'TypeError' ? TypeError : name === 'RangeError' ? RangeError : Error;
  return Object.assign(new Kind(message), code !== undefined && { code });
}
