import { isArgumentError, SmugError } from '../errors.js';
import { UsageError } from './command.js';

export interface ErrorDescription {
  code: string;
  message: string;
}

/** `{ code, message }` of anything thrown, as it stands in JSON results. */
export function describeError(error: unknown): ErrorDescription {
  if (error instanceof SmugError) return { code: error.code, message: error.message };
  if (error instanceof UsageError) return { code: 'USAGE', message: error.message };
  if (isArgumentError(error) || error instanceof RangeError)
    return { code: 'BAD_OPTION', message: error.message };
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}
