import { checkOption } from '../api/check.js';
import { clientOption, clientOptions, type ServiceCall, type ServiceOptions } from '../api/service.js';
import { options as declared } from '../api/options.js';
import { textValue } from '../api/text-value.js';
import type { TSchema } from '../api/schema.js';
import { badOption, unknownOption, wrongType } from '../errors.js';

export type ClientOptions = Record<string, unknown>;

/**
 * Options as a client sent them, within the service's limits.
 * @throws TypeError or RangeError with the code BAD_OPTION
 */
export function checkClientOptions(call: ServiceCall, given: unknown, limits: ServiceOptions): ClientOptions {
  if (given === undefined) return limited({}, call, limits);
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw wrongType('options', given, 'an object');
  const known = clientOptions(call);
  for (const name of Object.keys(given)) if (!known.includes(name)) throw unknownOption(name, known);
  return limited({ ...given }, call, limits);
}

function limited(given: ClientOptions, call: ServiceCall, limits: ServiceOptions): ClientOptions {
  for (const [name, value] of Object.entries(given))
    if (value !== undefined) checkOption(name, clientOption(name), value);
  const { topK } = given;
  if (typeof topK === 'number' && topK > limits.maxTopK)
    throw badOption('topK', topK, `at most ${limits.maxTopK} here`);
  if (['explain', 'solve', 'verify'].includes(call)) {
    const { timeLimit } = given;
    // No limit means the service's.
    if (timeLimit === undefined || timeLimit === 0) given.timeLimit = limits.deadline;
    else if (typeof timeLimit === 'number' && timeLimit > limits.deadline) given.timeLimit = limits.deadline;
  }
  return given;
}

/** Options from a query or a form, where everything is text. */
export function optionsFromText(fields: Readonly<Record<string, unknown>>): ClientOptions {
  const read: ClientOptions = {};
  for (const [name, text] of Object.entries(fields)) {
    const schema = (declared as Record<string, { schema: TSchema } | undefined>)[name]?.schema;
    if (typeof text !== 'string' || schema === undefined) read[name] = text;
    else if ((schema as { type?: string }).type === 'boolean')
      read[name] = text === 'true' || text === '' ? true : text === 'false' ? false : text;
    else read[name] = textValue(schema, text);
  }
  return read;
}
