import { badOption } from '../errors.js';
import { askingOptions } from './methods.js';
import { namesFor, type Call } from './option.js';
import { options } from './options.js';

/** Which options a method uses, by method; see `methods.ts`. */
export type OptionsOfMethods = Readonly<Record<string, readonly string[]>>;

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
    const users = usersOf(table, name, value);
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
  const used = ([name, value]: [string, unknown]) => usersOf(table, name, value)?.includes(method) ?? true;
  return Object.fromEntries(Object.entries(given).filter(used)) as Partial<Given>;
}

/** The methods that use an option, or this value of it; null where all do. */
function usersOf(table: OptionsOfMethods, option: string, value: unknown): string[] | null {
  const users = Object.keys(table).filter((method) =>
    table[method].some((used) => used === option || used === `${option}=${String(value)}`),
  );
  return users.length === 0 ? null : users;
}

/** What a method of images, or of texts, may be told, whatever the method. */
const callsOf = {
  images: ['explain', 'image', 'hide', 'encode', 'write'],
  texts: ['explain', 'text', 'rate'],
} as const satisfies Record<string, readonly Call[]>;

export type InputKind = keyof typeof callsOf;

/**
 * The given options that are only of the other kind of input, where all inputs are of one; those that both have, or neither, are not
 * among them.
 * @throws RangeError that names one that asks for something
 */
export function ofOtherKind(kind: InputKind, given: object): string[] {
  const other: InputKind = kind === 'images' ? 'texts' : 'images';
  const own = namesFor(options, callsOf[kind]);
  const others = namesFor(options, callsOf[other]).filter((name) => !own.includes(name));
  return Object.entries(given).flatMap(([name, value]) => {
    if (value === undefined || !others.includes(name)) return [];
    if (askingOptions.includes(name))
      throw badOption(name, value, `left out with ${kind}: it is of ${other}`);
    return [name];
  });
}
