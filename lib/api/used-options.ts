import { badOption } from '../errors.js';
import { askingOptions } from './methods.js';

/** Which options a method uses, by method; see `methods.ts`. */
type OptionsOfMethods = Readonly<Record<string, readonly string[]>>;

/**
 * An option that asks for what none of the chosen methods can give is an error, not silence.
 * @throws RangeError that names the option and the methods that use it
 */
export function refuseUnused(table: OptionsOfMethods, methods: readonly string[], given: object): void {
  for (const { name, value, users } of unusedBy(table, methods, given))
    if (askingOptions.includes(name))
      throw badOption(
        name,
        value,
        `left out with the method ${methods.join(', ')}: it is used by ${users.join(', ')}`,
      );
}

/** The options that were given and that none of the methods uses, with the methods that would. */
export function unusedBy(
  table: OptionsOfMethods,
  methods: readonly string[],
  given: object,
): { name: string; value: unknown; users: string[] }[] {
  return Object.entries(given).flatMap(([name, value]) => {
    const users = usersOf(table, name);
    if (value === undefined || users === null) return [];
    return methods.some((method) => users.includes(method)) ? [] : [{ name, value: value as unknown, users }];
  });
}

/** The given options without those that the method does not use: what one of several methods is called with. */
export function usedBy<Given extends object>(
  table: OptionsOfMethods,
  method: string,
  given: Given,
): Partial<Given> {
  const used = ([name]: [string, unknown]) => usersOf(table, name)?.includes(method) ?? true;
  return Object.fromEntries(Object.entries(given).filter(used)) as Partial<Given>;
}

/** The methods that use an option; null where all do. */
function usersOf(table: OptionsOfMethods, option: string): string[] | null {
  const users = Object.keys(table).filter((method) => table[method].includes(option));
  return users.length === 0 ? null : users;
}
