import { defaultOf, namesFor, type Call, type OptionTable } from './option.js';
import type { TSchema } from './schema.js';

/** The JSON Schema of the options of some calls, as far as JSON can hold them. */
export function optionsSchema(
  table: OptionTable,
  calls: readonly Call[],
): { type: 'object'; properties: Record<string, TSchema>; additionalProperties: false } {
  const names = namesFor(table, calls).filter((name) => Object.keys(table[name].schema).some(isType));
  return {
    type: 'object',
    properties: Object.fromEntries(
      names.map((name) => {
        const value = defaultOf(table[name], calls);
        return [name, { ...table[name].schema, ...(value !== undefined && { default: value }) }];
      }),
    ),
    additionalProperties: false,
  };
}

/** Keywords that say what a value is: signals and functions have none. */
function isType(keyword: string): boolean {
  return ['type', 'enum', 'const', 'anyOf'].includes(keyword);
}
