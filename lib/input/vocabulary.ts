import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SmugError } from '../errors.js';

export interface VocabularyOptions {
  /** Word → index, or the path of a JSON file with that object. Default: `vocab.json` beside the model. */
  vocabulary?: string | Readonly<Record<string, number>>;
  /** Index of words that the vocabulary lacks. Default: that of `[UNK]`, `<unk>` or `<UNK>`. */
  unknownIndex?: number;
  /** Index that fills a text up to the model's length. Default: that of `[PAD]`, `<pad>` or `<PAD>`, else 0. */
  paddingIndex?: number;
  /** Lower-case words before they are looked up. Default true. */
  lowerCase?: boolean;
}

/** A vocabulary ready for use. */
export interface Vocabulary {
  indices: ReadonlyMap<string, number>;
  unknown: number | undefined;
  padding: number;
  lowerCase: boolean;
}

/**
 * The vocabulary of a text model: from the options, else from `vocab.json` beside the model's file.
 * @throws SmugError BAD_OPTION where there is none or it is not an object of indices
 */
export async function findVocabulary(modelPath: string, options: VocabularyOptions): Promise<Vocabulary> {
  const given = options.vocabulary ?? join(dirname(modelPath), 'vocab.json');
  const table = typeof given === 'string' ? await readTable(given, options.vocabulary === undefined) : given;
  const indices = new Map<string, number>();
  for (const [word, index] of Object.entries(table)) {
    if (!Number.isInteger(index) || index < 0)
      throw new SmugError(
        'BAD_OPTION',
        `vocabulary: '${word}' has index ${index}; whole numbers from 0 are expected.`,
      );
    indices.set(word, index);
  }
  const named = (...names: string[]) =>
    names.map((name) => indices.get(name)).find((index) => index !== undefined);
  return {
    indices,
    unknown: options.unknownIndex ?? named('[UNK]', '<unk>', '<UNK>'),
    padding: options.paddingIndex ?? named('[PAD]', '<pad>', '<PAD>') ?? 0,
    lowerCase: options.lowerCase ?? true,
  };
}

async function readTable(path: string, implied: boolean): Promise<Record<string, number>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const how =
      'A text model needs a vocabulary: a JSON object from word to index, as vocab.json beside the model or the option vocabulary.';
    throw new SmugError(
      implied ? 'BAD_OPTION' : 'FILE_NOT_FOUND',
      implied ? how : `vocabulary ${path} cannot be read. ${how}`,
      { cause },
    );
  }
  try {
    const table: unknown = JSON.parse(text);
    if (typeof table === 'object' && table !== null && !Array.isArray(table))
      return table as Record<string, number>;
  } catch {
    // told below, as for JSON of another form
  }
  throw new SmugError('BAD_OPTION', `${path} is not a JSON object from word to index.`);
}

/**
 * Splits a text into words and marks (runs of letters, digits and apostrophes; every other visible character alone)
 * and looks them up.
 *
 * @param length the model's number of words, or −1 for any; longer texts are cut, shorter ones padded
 * @throws SmugError BAD_INPUT for a text without a known word
 */
export function wordIndices(
  text: string,
  vocabulary: Vocabulary,
  length: number,
): { words: string[]; indices: Float32Array } {
  const found =
    (vocabulary.lowerCase ? text.toLowerCase() : text).match(/[\p{L}\p{N}']+|[^\s\p{L}\p{N}']/gu) ?? [];
  const known = found.flatMap((word) => {
    const index = vocabulary.indices.get(word) ?? vocabulary.unknown;
    return index === undefined ? [] : [{ word, index }];
  });
  const kept = length < 0 ? known : known.slice(0, length);
  if (kept.length === 0)
    throw new SmugError('BAD_INPUT', 'The text holds no word that the vocabulary knows.');
  const indices = new Float32Array(length < 0 ? kept.length : length).fill(vocabulary.padding);
  kept.forEach(({ index }, at) => (indices[at] = index));
  return { words: kept.map(({ word }) => word), indices };
}
