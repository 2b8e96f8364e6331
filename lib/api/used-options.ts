import { badOption } from '../errors.js';

/** Which options a method uses, by method; see `methods.ts`. */
type OptionsOfMethods = Readonly<Record<string, readonly string[]>>;

/**
 * An option that was given and that none of the chosen methods uses is an error, not silence.
 * @param elsewhere options that something else than a method uses here
 * @throws RangeError that names the option and the methods that use it
 */
export function refuseUnused(
  table: OptionsOfMethods,
  methods: readonly string[],
  given: object,
  elsewhere: readonly string[] = [],
): void {
  for (const [name, value] of Object.entries(given)) {
    const users = usersOf(table, name);
    if (value === undefined || users === null || elsewhere.includes(name)) continue;
    if (!methods.some((method) => users.includes(method)))
      throw badOption(
        name,
        value,
        `left out with the method ${methods.join(', ')}: it is used by ${users.join(', ')}`,
      );
  }
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
