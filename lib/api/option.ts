import type { Static, TSchema } from './schema.js';
import { annotated } from './schema.js';

/**
 * What takes options. `load`, `attribute`, `explain`, `solve`, `predict`, `verify` and `capabilities` are the library's
 * calls; `image` stands for every call that reads an image and `text` for every call that reads a text, beside their
 * own; `hide` stands for every call that hides pixels of an image; `rate` is the rating of words by other methods than SMUG; `encode` is the full encoding; `write` is the writing of an explanation's files. A
 * command of `smug` takes the options of the calls it makes.
 */
export type Call =
  | 'load'
  | 'attribute'
  | 'explain'
  | 'image'
  | 'text'
  | 'hide'
  | 'encode'
  | 'rate'
  | 'solve'
  | 'predict'
  | 'verify'
  | 'capabilities'
  | 'write';

/** One option: what it may be, what it means, who takes it. */
export interface Option<
  Schema extends TSchema = TSchema,
  Calls extends readonly Call[] = readonly Call[],
  Default = unknown,
> {
  /** What it may be. `option` adds the help as its description and the default. */
  schema: Schema;
  /** One line for `--help`, OpenAPI and documents: what it means, every value that needs a word, the default in words. */
  help: string;
  calls: Calls;
  /** Placeholder of the value in the help, as K or FILE; a flag that takes no value has none. */
  placeholder?: string;
  /** In force where it is not given. Absent: the call decides, and the help says how. */
  default?: Default;
  /** Calls whose default is another one. */
  defaults?: { readonly [Name in Call]?: unknown };
  /** Environment variable that stands in where the option is not given. */
  environment?: string;
  /** May be given several times on the command line; the schema is an array. */
  multiple?: boolean;
  /** Not on the command line: what it takes cannot be written there, or the command sets it. */
  libraryOnly?: boolean;
  /** For values that JSON cannot hold, in place of the schema. */
  accepts?: (value: unknown) => boolean;
  /** What a message says was expected. Default: the schema in words. */
  expected?: string;
}

export type OptionTable = Readonly<Record<string, Option>>;

/** Declares an option; see `options.ts`. */
export function option<
  Schema extends TSchema,
  const Calls extends readonly Call[],
  const Default extends Readonly<Static<Schema>> | undefined = undefined,
>(declaration: Option<Schema, Calls, Default>): Option<Schema, Calls, Default> & { default: Default } {
  const { schema, help, default: value } = declaration;
  return {
    ...declaration,
    default: value as Default,
    schema: annotated(schema, { description: help, ...(value !== undefined && { default: value }) }),
  };
}

/** The options of a table that one of some calls takes, with their static types; every one may be left out. */
export type OptionsOf<Table extends OptionTable, Calls extends Call> = {
  -readonly [
    Name in keyof Table as Calls & Table[Name]['calls'][number] extends never ? never : Name
  ]?: Static<Table[Name]['schema']>;
};

/** The same once the door is passed: those with a default are there. */
export type SettingsOf<Table extends OptionTable, Calls extends Call> = OptionsOf<Table, Calls> & {
  -readonly [
    Name in keyof Table as Calls & Table[Name]['calls'][number] extends never
      ? never
      : undefined extends Table[Name]['default']
        ? never
        : Name
  ]: Static<Table[Name]['schema']>;
};

/** Values of all options of a table: those with a default are there, and those that are required. */
export type ValuesOf<Table extends OptionTable, Required extends keyof Table = never> = {
  -readonly [Name in keyof Table]?: Static<Table[Name]['schema']>;
} & {
  -readonly [
    Name in keyof Table as Name extends Required
      ? Name
      : undefined extends Table[Name]['default']
        ? never
        : Name
  ]: Static<Table[Name]['schema']>;
};

/** Names of the options that one of some calls takes, in the table's order. */
export function namesFor(table: OptionTable, calls: readonly Call[]): string[] {
  return Object.keys(table).filter((name) => table[name].calls.some((call) => calls.includes(call)));
}

/** The default of an option in a call. */
export function defaultOf(declared: Option, calls: readonly Call[]): unknown {
  for (const call of calls) {
    if (declared.defaults && call in declared.defaults) return declared.defaults[call];
  }
  return declared.default;
}
