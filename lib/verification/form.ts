import type { Keywords } from '../api/schema.js';

/** Where and how a JSON value misses a schema; null where it fits. Fields that are not declared do not fit. */
export function misfitOf(schema: object, value: unknown, at = ''): string | null {
  const { type, anyOf, minimum = -Infinity, maximum = Infinity } = schema as Keywords;
  const here = at || 'the document';
  if (anyOf) {
    // The one whose kind it is tells best what is wrong.
    const misfits = anyOf.map((one) => misfitOf(one, value, at));
    if (misfits.includes(null)) return null;
    return misfits[anyOf.findIndex((one) => isKind(one, value))] ?? misfits[0];
  }
  const { const: constant, enum: choices = constant === undefined ? undefined : [constant] } =
    schema as Keywords;
  if (choices) return choices.includes(value) ? null : `${here} must be ${choices.map(inJson).join(' or ')}`;
  if (!isKind(schema as Keywords, value)) return `${here} must be ${article(type!)}`;
  if (typeof value === 'number')
    return value >= minimum && value <= maximum ? null : `${here} must be from ${minimum} to ${maximum}`;
  if (typeof value === 'string')
    return value.length <= ((schema as Keywords).maxLength ?? Infinity) ? null : `${here} is too long`;
  if (Array.isArray(value)) return misfitInList(schema as Keywords, value, at);
  return typeof value === 'object' && value !== null
    ? misfitInObject(schema as Keywords, value as Record<string, unknown>, at)
    : null;
}

function misfitInList({ items, maxItems = Infinity }: Keywords, list: unknown[], at: string): string | null {
  if (list.length > maxItems) return `${at} must have at most ${maxItems} entries`;
  for (let index = 0; index < list.length; index++) {
    if (fitsPlainly(items!, list[index])) continue;
    const misfit = misfitOf(items!, list[index], `${at}[${index}]`);
    if (misfit !== null) return misfit;
  }
  return null;
}

function misfitInObject(schema: Keywords, object: Record<string, unknown>, at: string): string | null {
  const { properties = {}, required = [] } = schema;
  const missing = required.find((name) => !Object.hasOwn(object, name) || object[name] === undefined);
  if (missing !== undefined) return `${at ? `${at}.` : ''}${missing} is missing`;
  for (const [name, value] of Object.entries(object)) {
    // JSON has no such value: the field is not there.
    if (value === undefined) continue;
    const path = at ? `${at}.${name}` : name;
    if (!Object.hasOwn(properties, name)) return `${path.slice(0, 100)} is not known`;
    const misfit = misfitOf(properties[name], value, path);
    if (misfit !== null) return misfit;
  }
  return null;
}

/** Long lists are of numbers: no path is put together for each. */
function fitsPlainly({ type, minimum = -Infinity, maximum = Infinity }: Keywords, value: unknown): boolean {
  if (typeof value !== 'number' || (type !== 'integer' && type !== 'number')) return false;
  return (
    (type === 'integer' ? Number.isInteger(value) : Number.isFinite(value)) &&
    value >= minimum &&
    value <= maximum
  );
}

function isKind({ type, const: constant, enum: choices, properties }: Keywords, value: unknown): boolean {
  if (choices) return choices.includes(value);
  if (constant !== undefined) return constant === value;
  switch (type) {
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return Number.isFinite(value);
    case 'array':
      return Array.isArray(value);
    case 'null':
      return value === null;
    case 'object':
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
      // Among several forms of one object its `kind` decides.
      return properties?.kind === undefined || isKind(properties.kind, (value as { kind?: unknown }).kind);
    default:
      return typeof value === type;
  }
}

function inJson(value: unknown): string {
  return JSON.stringify(value);
}

function article(type: string): string {
  const words: Record<string, string> = {
    integer: 'a whole number',
    array: 'a list',
    object: 'an object',
    number: 'a number',
  };
  return words[type] ?? (type === 'null' ? 'null' : `a ${type}`);
}
