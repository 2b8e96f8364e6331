import { badOption } from '../errors.js';

/**
 * The names that a flag asks for; undefined where it is not given.
 * @throws RangeError that names the flag
 */
export function chosenNames<Name extends string>(
  flag: string,
  names: readonly string[] | undefined,
  known: readonly Name[],
): readonly Name[] | undefined {
  const unknown = names?.find((name) => !known.includes(name as Name));
  if (unknown !== undefined) throw badOption(flag, unknown, `some of ${known.join(', ')}`);
  return names as Name[] | undefined;
}
