import { parseArgs, type ParseArgsConfig } from 'node:util';

/** Exit statuses of `smug`. */
export const ExitCode = { done: 0, failed: 1, usage: 2 } as const;

/** Thrown for a command line that cannot be meant: printed with a pointer to --help, exit status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** One option of a command: `--name VALUE`, or a flag when `value` is absent. */
export interface OptionSpec {
  /** Placeholder in the help, as K or FILE. */
  value?: string;
  help: string;
}

/** Parsed command line: positional words and options by name. */
export interface Invocation {
  inputs: string[];
  options: Record<string, string | undefined>;
  json: boolean;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

export interface Command {
  /** What follows `smug NAME` in the help, as `INPUT... --model M`. */
  usage: string;
  summary: string;
  options: Record<string, OptionSpec>;
  /** Least and most positional words. */
  inputs: [least: number, most: number];
  run(invocation: Invocation): Promise<number>;
}

const common: Record<string, OptionSpec> = {
  json: { help: 'print one JSON document on stdout, nothing else there' },
  help: { help: 'print this text' },
};

/** Parses the words after the command's name. `null` means that help was asked for. */
export function parseInvocation(command: Command, words: string[], signal: AbortSignal): Invocation | null {
  const specs = { ...command.options, ...common };
  const config: ParseArgsConfig['options'] = {};
  for (const [name, { value }] of Object.entries(specs))
    config[name] = { type: value ? 'string' : 'boolean' };
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({ args: words, options: config, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError((error as Error).message.split('\n')[0]);
  }
  const { help, json, ...values } = parsed.values;
  if (help) return null;
  const [least, most] = command.inputs;
  if (parsed.positionals.length < least) throw new UsageError('an INPUT is missing');
  if (parsed.positionals.length > most) {
    throw new UsageError(
      most === 0
        ? `unexpected '${parsed.positionals[0]}'`
        : `one INPUT is expected, got ${parsed.positionals.length}`,
    );
  }
  const options: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(values))
    options[name] = value === true ? 'true' : (value as string);
  return { inputs: parsed.positionals, options, json: json === true, signal };
}

export function helpOf(name: string, command: Command): string {
  const specs = Object.entries({ ...command.options, ...common });
  const left = specs.map(([option, { value }]) => `  --${option}${value ? ` ${value}` : ''}`);
  const width = Math.max(...left.map((text) => text.length)) + 2;
  const lines = specs.map(([, { help }], at) => left[at].padEnd(width) + help);
  return `smug ${name} ${command.usage}\n\n${command.summary}\n\n${lines.join('\n')}\n`;
}

/** The value of an option that must be there. */
export function required(invocation: Invocation, name: string): string {
  const value = invocation.options[name];
  if (value === undefined || value === '') throw new UsageError(`--${name} is required`);
  return value;
}

/** A number given as an option; `undefined` when it is not. Its range is checked by the library. */
export function numberOption(invocation: Invocation, name: string): number | undefined {
  const text = invocation.options[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value))
    throw new UsageError(`--${name} expects a number, got '${text}'`);
  return value;
}

/** One of some words given as an option. */
export function choiceOption<Choice extends string>(
  invocation: Invocation,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const text = invocation.options[name];
  if (text === undefined) return undefined;
  if ((choices as readonly string[]).includes(text)) return text as Choice;
  throw new UsageError(`--${name} expects one of ${choices.join(', ')}, got '${text}'`);
}
