import { parseArgs, type ParseArgsConfig } from 'node:util';
import { checkOption, fromEnvironment } from '../api/check.js';
import { commonOptions } from '../api/command-options.js';
import { defaultOf, namesFor, type Call, type Option, type OptionTable } from '../api/option.js';
import { options as declared } from '../api/options.js';
import { refuseIdleStop } from '../api/quadrature-options.js';
import { textValue } from '../api/text-value.js';
import { UsageError, type Command, type GivenOptions, type Invocation } from './command.js';

/** One flag of a command. */
export interface Flag {
  /** In the library, as `topK`. */
  name: string;
  /** On the command line, without dashes, as `top-k`. */
  flag: string;
  declaration: Option;
  default: unknown;
  own: boolean;
}

/** `topK` is `--top-k` on the command line. */
export function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Every flag of a command, in the order of the help: its own, those of the library's calls, those of all commands. */
export function flagsOf(command: Command, table: OptionTable = declared): Flag[] {
  const flag = (own: boolean, calls: readonly Call[]) => (name: string, from: OptionTable) => ({
    name,
    flag: flagOf(name),
    declaration: from[name],
    default: defaultOf(from[name], calls),
    own,
  });
  const { own = {}, calls } = command;
  return [
    ...Object.keys(own).map((name) => flag(true, [])(name, own)),
    // A command's own option stands in place of the library's of that name.
    ...namesFor(table, calls)
      .filter((name) => !table[name].libraryOnly && !Object.hasOwn(own, name))
      .map((name) => flag(false, calls)(name, table)),
    ...Object.keys(commonOptions).map((name) => flag(true, [])(name, commonOptions)),
  ];
}

/**
 * Parses the words after the command's name. `null` means that help was asked for.
 * @throws UsageError; TypeError or RangeError that names the option, as the library's own checks
 */
export function parseInvocation(
  command: Command,
  words: string[],
  signal: AbortSignal,
  table: OptionTable = declared,
): Invocation<never> | null {
  const flags = flagsOf(command, table);
  const { values, positionals } = parseWords(words, flags);
  if (values.help) return null;
  checkInputs(command, positionals);
  const given: Record<string, unknown> = {};
  const own: Record<string, unknown> = {};
  for (const { name, flag, declaration, default: fallback, own: isOwn } of flags) {
    const value = valueOf(declaration, values[flag]);
    if (value !== undefined) {
      checkOption(`--${flag}`, declaration, value);
      (isOwn ? own : given)[name] = value;
    } else if (command.required?.includes(name)) throw new UsageError(`--${flag} is required`);
    else {
      // The library reads its own; looked at here already: a bad variable is bad usage, not a failure of every input.
      const standing = fromEnvironment(declaration) ?? fallback;
      if (isOwn && standing !== undefined) own[name] = standing;
    }
  }
  refuseIdleStop(given);
  return { inputs: positionals, given, own: own as never, json: values.json === true, signal };
}

function valueOf({ schema }: Option, written: Written): unknown {
  return typeof written === 'string' ? textValue(schema, written) : written;
}

/** What stands on the command line for one flag. */
type Written = string | boolean | string[] | undefined;

function parseWords(
  words: string[],
  flags: readonly Flag[],
): { values: Record<string, Written>; positionals: string[] } {
  const config: ParseArgsConfig['options'] = {};
  for (const { name, flag, declaration } of flags)
    config[flag] = {
      type: declaration.placeholder ? 'string' : 'boolean',
      ...(declaration.multiple && { multiple: true }),
      ...(name === 'help' && { short: 'h' }),
    };
  try {
    const { values, positionals } = parseArgs({
      args: words,
      options: config,
      allowPositionals: true,
      strict: true,
    });
    return { values: values as Record<string, Written>, positionals };
  } catch (error) {
    throw new UsageError((error as Error).message.split('\n')[0]);
  }
}

function checkInputs({ inputs: [least, most] }: Command, positionals: readonly string[]): void {
  if (positionals.length < least) throw new UsageError('an INPUT is missing');
  if (positionals.length <= most) return;
  throw new UsageError(
    most === 0 ? `unexpected '${positionals[0]}'` : `one INPUT is expected, got ${positionals.length}`,
  );
}

/** The given options that one of some calls takes. */
export function optionsFor(calls: readonly Call[], given: GivenOptions): Record<string, unknown> {
  return Object.fromEntries(
    namesFor(declared, calls)
      .filter((name) => name in given)
      .map((name) => [name, given[name]]),
  );
}
