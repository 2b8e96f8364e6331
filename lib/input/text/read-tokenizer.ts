import { argumentFault, type DeclarationCode, declarationFault } from '../../errors.js';
import { readHuggingFaceTokenizer } from './hugging-face/read.js';
import { KERAS_FILTERS, kerasWords, wordsAndMarks } from './keras-words.js';
import type { Tokenizer } from './tokenizer.js';
import { checkIndex, indexOfAny, lookUp, readWordTable } from './word-table.js';

/** What a caller may say beside the declaration of a table of words. */
export interface TableSettings {
  /** Index of words that the vocabulary lacks. */
  unknownIndex?: number;
  /** Index that fills a text up to the model's length. */
  paddingIndex?: number;
  /** Lower-case words before they are looked up. */
  lowerCase?: boolean;
}

type Fields = Record<string, unknown>;

const UNKNOWN_NAMES = ['[UNK]', '<unk>', '<UNK>', '<OOV>', '<oov>'];
const PADDING_NAMES = ['[PAD]', '<pad>', '<PAD>'];

/** Fields of a `text_config.json`, under the names of Keras' `Tokenizer` and `pad_sequences`. */
const KNOWN = [
  'word_index', 'lower', 'filters', 'split', 'num_words', 'oov_token', 'oov_index', 'padding', 'truncating', 'maxlen',
  'padding_index',
]; // prettier-ignore

export const MINIMAL_TOKENIZER = `{
  "word_index": { "<pad>": 0, "<unk>": 1, "the": 2, "film": 3 },  "oov_index": 1,
  "lower": true,  "filters": "!\\"#$%&()*+,-./:;<=>?@[\\\\]^_\`{|}~\\t\\n",  "split": " ",
  "padding": "post",  "padding_index": 0,  "truncating": "post",  "maxlen": 500
}`;

/**
 * Reads a declaration of a model's words, in one of four forms:
 * - `text_config.json`: `word_index` (an object, or a list in which a word's place is its index) with the fields of
 *   Keras' `Tokenizer` and `pad_sequences`, whose defaults are Keras' own;
 * - the JSON of Keras' `Tokenizer.to_json()`, padded and cut as `pad_sequences` does by default: at the start;
 * - Hugging Face's `tokenizer.json` of a word-level, WordPiece or BPE model;
 * - a bare table of words: `{ "word": index }` or a list. Words are then runs of letters, digits and apostrophes, marks
 *   stand alone, and padding is at the end.
 *
 * @param declaration the parsed JSON
 * @param name where it comes from, for messages
 * @param code of the error thrown: BAD_MODEL for a model's own file, BAD_OPTION for the caller's
 * @throws an error with that code (see `declarationFault`), naming the field, its value and what is expected
 */
export function readTokenizer(
  declaration: unknown,
  name: string,
  code: DeclarationCode,
  settings: TableSettings = {},
): Tokenizer {
  if (typeof declaration !== 'object' || declaration === null)
    throw declarationFault(code, `${name}: expected a JSON object such as\n${MINIMAL_TOKENIZER}`);
  const fields = declaration as Fields;
  if (isHuggingFace(fields)) {
    const [unfitting] = Object.entries(settings).filter(([, value]) => value !== undefined);
    if (unfitting !== undefined)
      throw argumentFault(
        `${unfitting[0]} is for tables of words; ${name} is a Hugging Face tokenizer, which declares that itself.`,
      );
    return readHuggingFaceTokenizer(fields, name, code);
  }
  if (fields['class_name'] === 'Tokenizer')
    return readTable(kerasFields(fields, name, code), name, code, settings);
  if (isDeclaration(fields)) return readTable(fields, name, code, settings);
  return readBareTable(declaration, name, code, settings);
}

function isHuggingFace(fields: Fields): boolean {
  return typeof fields['model'] === 'object' && fields['model'] !== null;
}

function isDeclaration(fields: Fields): boolean {
  return !Array.isArray(fields) && typeof fields['word_index'] === 'object';
}

/** The fields of `Tokenizer.to_json()`, which holds its tables as JSON inside JSON. */
function kerasFields(fields: Fields, name: string, code: DeclarationCode): Fields {
  const fail = (why: string): never => {
    throw declarationFault(code, `${name}: ${why}.`);
  };
  const config = fields['config'];
  if (typeof config !== 'object' || config === null) return fail('a Keras Tokenizer without its "config"');
  const { num_words, filters, lower, split, char_level, oov_token, word_index } = config as Fields;
  if (char_level === true) return fail('"char_level": true is not supported; every variable is a word');
  let table: unknown = word_index;
  if (typeof word_index === 'string') {
    try {
      table = JSON.parse(word_index);
    } catch {
      return fail('"word_index" does not hold JSON');
    }
  }
  return { num_words, filters, lower, split, oov_token, word_index: table };
}

function readTable(stated: Fields, name: string, code: DeclarationCode, settings: TableSettings): Tokenizer {
  const fail = (field: string, expected: string): never => {
    throw declarationFault(
      code,
      `${name}: "${field}" must be ${expected}; it is ${JSON.stringify(stated[field])}.`,
    );
  };
  const field = <Value>(
    key: string,
    otherwise: Value,
    holds: (value: unknown) => boolean,
    expected: string,
  ): Value => {
    const value = stated[key];
    // null is how Keras writes "not used"
    if (value === undefined || value === null) return otherwise;
    return holds(value) ? (value as Value) : fail(key, expected);
  };
  for (const key of Object.keys(stated))
    if (!KNOWN.includes(key))
      throw declarationFault(code, `${name}: unknown field "${key}"; known are ${KNOWN.join(', ')}.`);

  const table = readWordTable(stated['word_index'], `${name}: word_index`, code);
  const text = (value: unknown) => typeof value === 'string';
  const count = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0;
  const sides = { pre: 'start', post: 'end' } as const;
  const side = (key: string) => {
    const known = (value: unknown) => value === 'pre' || value === 'post';
    return sides[field<'pre' | 'post'>(key, 'pre', known, '"pre" or "post"')];
  };
  const index = (key: string): number | undefined => {
    const value = stated[key];
    if (value === undefined || value === null) return undefined;
    checkIndex(value, `${name}: "${key}" is`, code);
    return value;
  };
  const oov = field<string | null>('oov_token', null, text, 'a word');
  if (oov !== null && !table.has(oov)) fail('oov_token', 'a word of "word_index"');
  const unknown =
    settings.unknownIndex ?? index('oov_index') ?? (oov === null ? undefined : table.get(oov)) ?? null;
  const splitting = {
    lower: settings.lowerCase ?? field('lower', true, (value) => typeof value === 'boolean', 'true or false'),
    filters: field('filters', KERAS_FILTERS, text, 'a string of characters'),
    split: field('split', ' ', (value) => text(value) && value !== '', 'what stands between words'),
  };
  const below = field('num_words', Infinity, count, 'a whole number of at least 1');
  const maxLength = field<number | null>('maxlen', null, count, 'a whole number of at least 1');
  return {
    split: (words) => lookUp(kerasWords(words, splitting), table, unknown, below),
    before: [],
    after: [],
    padding: { index: settings.paddingIndex ?? index('padding_index') ?? 0, side: side('padding') },
    cut: side('truncating'),
    maxLength,
    padTo: maxLength,
    unknown,
  };
}

function readBareTable(
  declaration: unknown,
  name: string,
  code: DeclarationCode,
  settings: TableSettings,
): Tokenizer {
  const table = readWordTable(declaration, name, code);
  const unknown = settings.unknownIndex ?? indexOfAny(table, UNKNOWN_NAMES) ?? null;
  const lower = settings.lowerCase ?? true;
  return {
    split: (text) => lookUp(wordsAndMarks(text, lower), table, unknown),
    before: [],
    after: [],
    padding: { index: settings.paddingIndex ?? indexOfAny(table, PADDING_NAMES) ?? 0, side: 'end' },
    cut: 'end',
    maxLength: null,
    padTo: null,
    unknown,
  };
}
