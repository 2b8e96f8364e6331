import { type DeclarationCode, declarationFault } from '../../errors.js';
import type { PlacedWord } from './keras-words.js';
import type { TextWords } from './tokenizer.js';

/** Indices are carried as float32, which counts exactly up to here. */
const LARGEST_INDEX = 2 ** 24;

export type WordTable = ReadonlyMap<string, number>;

/**
 * A table of words, from `{ "word": index }` or from a list in which a word's place is its index.
 *
 * @param name where it comes from, for messages
 * @throws an error with `code` for anything else
 */
export function readWordTable(declaration: unknown, name: string, code: DeclarationCode): WordTable {
  if (typeof declaration !== 'object' || declaration === null)
    throw declarationFault(code, `${name}: expected an object from word to index, or a list of words.`);
  const entries: [unknown, unknown][] = Array.isArray(declaration)
    ? declaration.map((word, index) => [word, index])
    : Object.entries(declaration);
  const table = new Map<string, number>();
  for (const [word, index] of entries) {
    if (typeof word !== 'string')
      throw declarationFault(code, `${name}: a list of words holds ${JSON.stringify(word)}.`);
    checkIndex(index, `${name}: '${word}' has index`, code);
    if (!table.has(word)) table.set(word, index);
  }
  if (table.size === 0) throw declarationFault(code, `${name}: the table of words is empty.`);
  return table;
}

/** @throws an error with `code` unless the value is a whole number from 0 */
export function checkIndex(index: unknown, what: string, code: DeclarationCode): asserts index is number {
  if (typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < LARGEST_INDEX) return;
  throw declarationFault(
    code,
    `${what} ${JSON.stringify(index)}; whole numbers from 0 to ${LARGEST_INDEX - 1} are expected.`,
  );
}

/** The index of the first of some names that the table has. */
export function indexOfAny(table: WordTable, names: readonly string[]): number | undefined {
  for (const name of names) if (table.has(name)) return table.get(name);
  return undefined;
}

/**
 * Looks words up; one that the table lacks gets the index for unknown words, or is dropped where there is none.
 * @param below indices from here on count as unknown (Keras' `num_words`)
 */
export function lookUp(
  placed: readonly PlacedWord[],
  table: WordTable,
  unknown: number | null,
  below = Infinity,
): TextWords {
  let dropped = 0;
  const words = placed.flatMap((word) => {
    const known = table.get(word.word);
    if (known !== undefined && known < below)
      return [{ ...word, indices: [known], unknown: known === unknown }];
    if (unknown !== null) return [{ ...word, indices: [unknown], unknown: true }];
    dropped++;
    return [];
  });
  return { words, dropped };
}
