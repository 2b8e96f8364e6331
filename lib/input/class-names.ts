import { type DeclarationCode, declarationFault, SmugError } from '../errors.js';

/** Names by class index; holes where a declaration skips an index. */
export type ClassNames = readonly (string | undefined)[];

/**
 * Class names from parsed JSON: `{ "id2label": { "0": "cat" } }` (Hugging Face's `config.json`), the inner
 * object alone, or a plain list. Null when an object has no `id2label`.
 * @throws an error with `code` when names or indices are not what they should be
 */
export function readClassNames(declaration: unknown, name: string, code: DeclarationCode): ClassNames | null {
  const fail = (what: string): never => {
    throw declarationFault(
      code,
      `${name}: ${what}. Expected a list of names, { "0": "name", … } or { "id2label": { … } }.`,
    );
  };
  if (Array.isArray(declaration)) {
    return declaration.map((label, i) =>
      typeof label === 'string' ? label : fail(`entry ${i} is not a string`),
    );
  }
  if (typeof declaration !== 'object' || declaration === null) return fail('not a list or an object');
  let table = declaration as Record<string, unknown>;
  if ('id2label' in table) {
    if (Array.isArray(table.id2label)) return readClassNames(table.id2label, `${name}: id2label`, code);
    if (typeof table.id2label !== 'object' || table.id2label === null) return null;
    table = table.id2label as Record<string, unknown>;
  } else if (!('0' in table)) {
    return null;
  }
  const names: (string | undefined)[] = [];
  for (const [key, label] of Object.entries(table)) {
    const index = Number(key);
    if (!Number.isInteger(index) || index < 0 || index > 1_000_000)
      fail(`class index '${key}' is not a number from 0`);
    if (typeof label !== 'string') fail(`the name of class ${key} is not a string`);
    names[index] = label as string;
  }
  return names;
}

/** One name per line; empty lines at the end are not classes. */
export function readClassNameLines(text: string): ClassNames {
  return text.replace(/\s+$/, '').split(/\r?\n/);
}

/** The name of a class, or `class 7` where none is declared. */
export function classLabel(names: ClassNames | null | undefined, index: number): string {
  return names?.[index] ?? `class ${index}`;
}

/**
 * The index of a class given as index (`207`, `"207"`) or name. Names are compared without regard to case,
 * whole or as one of their comma-separated synonyms ("tabby" finds "tabby, tabby cat").
 * @throws SmugError UNKNOWN_CLASS when nothing or more than one class fits, naming the near ones
 */
export function findClass(
  wanted: string | number,
  names: ClassNames | null | undefined,
  classes: number,
): number {
  const text = String(wanted).trim();
  const known = names ?? [];
  const fold = (name: string) => name.trim().toLowerCase();
  const byName = (fits: (label: string) => boolean) =>
    known.flatMap((label, index) => (label !== undefined && index < classes && fits(label) ? [index] : []));
  const whole = typeof wanted === 'string' ? byName((label) => fold(label) === fold(text)) : [];
  // A class called "7" at index 7 is the rule for digits; a name that is another class's number wins as a name.
  if (whole.length === 1) return whole[0];
  if (/^\d+$/.test(text) && Number(text) < classes) return Number(text);

  const found =
    whole.length > 0 ? whole : byName((label) => label.split(',').some((part) => fold(part) === fold(text)));
  if (found.length === 1) return found[0];
  const list = (indices: number[]) => indices.map((index) => `${index} (${known[index]})`).join(', ');
  if (found.length > 1) {
    throw new SmugError('UNKNOWN_CLASS', `Class '${text}' is ambiguous: ${list(found)}. Give the index.`);
  }
  const near = text.length > 1 ? byName((label) => fold(label).includes(fold(text))).slice(0, 5) : [];
  const hint = near.length > 0 ? ` Near: ${list(near)}.` : '';
  throw new SmugError(
    'UNKNOWN_CLASS',
    `The model has no class '${text}': give an index from 0 to ${classes - 1}${known.length > 0 ? ' or a class name' : ''}.${hint}`,
  );
}
