import { commandOptions } from '../api/command-options.js';
import { options } from '../api/options.js';
import { isArgumentError, SmugError } from '../errors.js';
import { UsageError } from './command.js';
import { flagOf } from './flags.js';

export interface ErrorDescription {
  code: string;
  message: string;
}

/** `{ code, message }` of anything thrown, as it stands in JSON results. Options are named as flags. */
export function describeError(error: unknown): ErrorDescription {
  if (error instanceof UsageError) return { code: 'USAGE', message: error.message };
  if (isArgumentError(error)) return { code: error.code, message: asFlag(error.message) };
  if (error instanceof SmugError) return { code: error.code, message: error.message };
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
}

/** Whether an error is about the words of the command line: exit status 2. */
export function isUsageError(error: unknown): boolean {
  return error instanceof UsageError || isArgumentError(error);
}

/** Prints an error on stderr: with --json as one JSON line. */
export function printError(command: string, { code, message }: ErrorDescription, json: boolean): void {
  const line = message.replace(/\s*\n\s*/g, ' ');
  const tag = code === 'USAGE' || code === 'INPUTS_FAILED' ? '' : `${code}: `;
  process.stderr.write(
    json ? `${JSON.stringify({ error: { code, message: line } })}\n` : `${command}: ${tag}${message}\n`,
  );
}

/** The library says `topK must be …`; whoever typed `--top-k` reads that. */
function asFlag(message: string): string {
  return message.replace(/^(\w+)(?= must be )/, (name) => (isOption(name) ? `--${flagOf(name)}` : name));
}

function isOption(name: string): boolean {
  return [options, ...Object.values(commandOptions)].some((table) => Object.hasOwn(table, name));
}
