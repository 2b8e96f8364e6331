import type { Call, OptionTable } from '../api/option.js';

/** Exit statuses of `smug`. */
export const ExitCode = { done: 0, failed: 1, usage: 2 } as const;

/** Thrown for a command line that cannot be meant: printed with a pointer to --help, exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Values of options by the names they have in the library, as far as they were given; checked. */
export type GivenOptions = Readonly<Record<string, unknown>>;

/** A parsed command line. */
export interface Invocation<Own = unknown> {
  /** The words that are no options. */
  inputs: string[];
  /** Options of the library's calls; `optionsFor` picks those of one call. */
  given: GivenOptions;
  /** The command's own options, those with a default filled in. */
  own: Own;
  json: boolean;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

/** One command of `smug`: a thin cover of a few calls of the library, whose options become its flags. */
export interface Command<Own = never> {
  /** What follows `smug NAME` in the help, as `INPUT... --model M`. */
  usage: string;
  summary: string;
  /** A command line that works, last in the help; `smug` is put before it. */
  example: string;
  /** Least and most positional words. */
  inputs: [least: number, most: number];
  /** The library's calls whose options it takes. */
  calls: readonly Call[];
  /** Options that only the command line has. */
  own?: OptionTable;
  /** Rewrites the words before they are parsed: for callers that use another program's flags. */
  translate?(words: string[]): string[];
  /** May run for hours: the process's memory is set for that. */
  runsLong?: true;
  /** Names of options that must be there. */
  required?: readonly string[];
  run(invocation: Invocation<Own>): Promise<number>;
}
