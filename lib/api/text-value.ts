import type { Keywords, TSchema } from './schema.js';

/**
 * What a text, from the command line or the environment, stands for: a number where the schema has numbers and the text
 * reads as one, a list where it has lists; else the text itself, which a check then refuses by name.
 */
export function textValue(schema: TSchema, text: string): unknown {
  const types = typesOf(schema as Keywords);
  if (types.includes('array') && !types.includes('string'))
    return text
      .split(',')
      .filter((part) => part !== '')
      .map((part) => textValue((schema as Keywords).items ?? {}, part));
  // Where labels may stand, 1e3 is one.
  const number = types.includes('string') ? /^\d+$/ : /^\s*[-+]?(\d|\.\d|Infinity)/;
  return types.includes('number') && number.test(text) && !Number.isNaN(Number(text)) ? Number(text) : text;
}

function typesOf({ type, anyOf }: Keywords): string[] {
  if (anyOf) return anyOf.flatMap(typesOf);
  return [type === 'integer' ? 'number' : (type ?? 'any')];
}
