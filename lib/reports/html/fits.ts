import type { Keywords } from '../../api/schema.js';

/**
 * Whether a value from a file has the form of a document, so that it can be read. Fields that are not declared do not matter: a later
 * version may have written them.
 */
export function fits(schema: object, value: unknown): boolean {
  const { type, anyOf, enum: choices, items, properties = {}, required = [], ...rest } = schema as Keywords;
  if (anyOf) return anyOf.some((one) => fits(one, value));
  if (choices) return choices.includes(value);
  if ('const' in rest) return value === rest.const;
  switch (type) {
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return typeof value === 'number';
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value) && (items === undefined || value.every((item) => fits(items, item)));
    case 'object':
      return (
        typeof value === 'object' &&
        value !== null &&
        !Array.isArray(value) &&
        required.every((name) => Object.hasOwn(value, name)) &&
        Object.entries(properties).every(
          ([name, property]) =>
            !Object.hasOwn(value, name) || fits(property, (value as Record<string, unknown>)[name]),
        )
      );
    default:
      return type === undefined || typeof value === type;
  }
}
