import { badOption, unknownOption, wrongType } from '../errors.js';
import type { Keywords } from './schema.js';
import { textValue } from './text-value.js';
import { defaultOf, namesFor, type Call, type Option, type OptionTable, type SettingsOf } from './option.js';

/**
 * Checks the options of a call once, at the door, and fills in what the environment says and the defaults; `undefined`
 * counts as not given.
 *
 * @param calls whose options are known here: the call itself, and what it reads or writes
 * @throws TypeError for an unknown option or a wrong type, RangeError for a value out of range; both name the option
 *   and carry the code BAD_OPTION
 */
export function readOptions<Table extends OptionTable, const Calls extends readonly Call[]>(
  table: Table,
  calls: Calls,
  given: unknown,
): SettingsOf<Table, Calls[number]> {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw wrongType('options', given, 'an object');
  const known = namesFor(table, calls);
  const settings: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (!known.includes(name)) throw unknownOption(name, known);
    if (value === undefined) continue;
    checkOption(name, table[name], value);
    // Whoever leaves the choice open leaves it to the environment first.
    settings[name] = value === 'auto' ? (fromEnvironment(table[name]) ?? value) : value;
  }
  for (const name of known) {
    if (name in settings) continue;
    const value = fromEnvironment(table[name]) ?? defaultOf(table[name], calls);
    if (value !== undefined) settings[name] = value;
  }
  return settings as SettingsOf<Table, Calls[number]>;
}

/**
 * The value of an option's environment variable; undefined where there is none, or it is empty.
 * @throws TypeError or RangeError that names the variable
 */
export function fromEnvironment(declared: Option): unknown {
  const { environment, schema } = declared;
  const text = environment === undefined ? undefined : process.env[environment];
  if (environment === undefined || text === undefined || text === '') return undefined;
  const value = textValue(schema, text);
  checkOption(environment, declared, value);
  return value;
}

/** One value against its declaration. */
export function checkOption(name: string, { schema, accepts, expected }: Option, value: unknown): void {
  if (accepts !== undefined) {
    if (!accepts(value)) throw wrongType(name, value, expected ?? 'of another type');
    return;
  }
  const misfit = misfitOf(schema as Keywords, value);
  if (misfit === null) return;
  // Of a list the value that is wrong is named.
  const { items } = schema as Keywords;
  const wrongItem =
    items && Array.isArray(value) ? value.find((item) => misfitOf(items, item) !== null) : undefined;
  if (wrongItem !== undefined) value = wrongItem;
  const wrong = misfit === 'type' ? wrongType : badOption;
  throw wrong(name, value, expected ?? inWords(schema as Keywords));
}

/** How a value misses a schema: by its type, by its range, or not at all. */
function misfitOf(schema: Keywords, value: unknown): 'type' | 'range' | null {
  if (schema.anyOf) {
    const misfits = schema.anyOf.map((one) => misfitOf(one, value));
    if (misfits.includes(null)) return null;
    return misfits.includes('range') ? 'range' : 'type';
  }
  if (schema.enum) {
    if (schema.enum.includes(value)) return null;
    return schema.enum.some((one) => typeof one === typeof value) ? 'range' : 'type';
  }
  if ('const' in schema) {
    if (schema.const === value) return null;
    return typeof schema.const === typeof value ? 'range' : 'type';
  }
  switch (schema.type) {
    case 'integer':
    case 'number':
      if (typeof value !== 'number') return 'type';
      return Number.isFinite(value) && inRange(schema, value) ? null : 'range';
    case 'array': {
      if (!Array.isArray(value)) return 'type';
      if (value.length < (schema.minItems ?? 0)) return 'range';
      const misfits = value.map((item) => misfitOf(schema.items ?? {}, item));
      return misfits.find((misfit) => misfit !== null) ?? null;
    }
    case 'string': {
      if (typeof value !== 'string') return 'type';
      const { minLength = 0, pattern } = schema;
      return value.length >= minLength && (pattern === undefined || new RegExp(pattern).test(value))
        ? null
        : 'range';
    }
    case 'boolean':
      return typeof value === 'boolean' ? null : 'type';
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value) ? null : 'type';
    case 'null':
      return value === null ? null : 'type';
    default:
      return null;
  }
}

function inRange(schema: Keywords, value: number): boolean {
  const { minimum = -Infinity, maximum = Infinity } = schema;
  const { exclusiveMinimum = -Infinity, exclusiveMaximum = Infinity } = schema;
  if (schema.type === 'integer' && !Number.isSafeInteger(value)) return false;
  return value >= minimum && value <= maximum && value > exclusiveMinimum && value < exclusiveMaximum;
}

/** A schema as a message says it: "a whole number from 1 to 1024", "one of sum, max". */
function inWords(schema: Keywords): string {
  if (schema.anyOf) return schema.anyOf.map(inWords).join(' or ');
  if (schema.enum)
    return schema.enum.length === 1 ? `'${schema.enum[0]}'` : `one of ${schema.enum.join(', ')}`;
  if ('const' in schema) return `'${String(schema.const)}'`;
  switch (schema.type) {
    case 'integer':
      return `a whole number${rangeInWords(schema)}`;
    case 'number':
      return `a number${rangeInWords(schema)}`;
    case 'boolean':
      return 'true or false';
    case 'array': {
      const { items = {}, minItems = 0 } = schema;
      if (items.enum) return `some of ${items.enum.join(', ')}`;
      return `${minItems > 0 ? 'one value or several' : 'a list'}, each ${inWords(items)}`;
    }
    case 'null':
      return 'null';
    case 'string': {
      const { minLength = 0 } = schema;
      if (minLength === 0) return 'a string';
      return minLength === 1 ? 'a string that is not empty' : `a string of at least ${minLength} characters`;
    }
    case undefined:
      return 'any value';
    default:
      return `an ${schema.type}`;
  }
}

function rangeInWords({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Keywords): string {
  if (exclusiveMinimum !== undefined) {
    const top = maximum === undefined ? '' : ` and at most ${maximum}`;
    return ` above ${exclusiveMinimum}${top}`;
  }
  if (exclusiveMaximum !== undefined && minimum !== undefined)
    return ` from ${minimum} up to, but not including, ${exclusiveMaximum}`;
  if (exclusiveMaximum !== undefined) return ` below ${exclusiveMaximum}`;
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return maximum === undefined ? '' : ` of at most ${maximum}`;
}
