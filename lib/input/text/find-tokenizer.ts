import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { argumentFault, type DeclarationCode, declarationFault, SmugError } from '../../errors.js';
import { MINIMAL_TOKENIZER, readTokenizer, type TableSettings } from './read-tokenizer.js';
import type { Tokenizer } from './tokenizer.js';

export interface TokenizerOptions extends TableSettings {
  /**
   * How the model's words are declared: the path of a JSON file, or its parsed contents; see `readTokenizer` for the
   * forms. Default: `text_config.json`, `tokenizer.json` or `vocab.json` in the model's folder or its parent.
   */
  tokenizer?: string | object;
  /** A table of words alone, `{ "word": index }`, or its path. */
  vocabulary?: string | Readonly<Record<string, number>>;
}

/** Looked for in this order: what says most about the words comes first. */
const FILES = ['text_config.json', 'tokenizer.json', 'vocab.json'];
/** Beside a `vocab.json` of byte pairs, as older folders of RoBERTa have them. */
const MERGES = 'merges.txt';

/**
 * The declared words of a text model: from the options, else from the files beside it.
 *
 * @param modelPath the model's file; declarations are looked for in its folder and in the parent of that
 * @throws RangeError (BAD_OPTION) where nothing is declared, or the caller's own is wrong; SmugError FILE_NOT_FOUND,
 *   FILE_UNREADABLE, BAD_MODEL for the model's files
 */
export async function findTokenizer(modelPath: string, options: TokenizerOptions = {}): Promise<Tokenizer> {
  const { tokenizer, vocabulary, ...settings } = options;
  if (tokenizer !== undefined && vocabulary !== undefined)
    throw argumentFault("Give tokenizer or vocabulary, not both: each declares the model's words.");
  const option = tokenizer !== undefined ? 'tokenizer' : 'vocabulary';
  const given = tokenizer ?? vocabulary;
  if (typeof given === 'string')
    return readTokenizer(
      parse(await readGiven(given, option), given, 'BAD_OPTION'),
      given,
      'BAD_OPTION',
      settings,
    );
  if (given !== undefined) return readTokenizer(given, option, 'BAD_OPTION', settings);

  const folder = dirname(modelPath);
  for (const place of [folder, dirname(folder)]) {
    for (const file of FILES) {
      const path = join(place, file);
      const text = await readIfThere(path);
      if (text === null) continue;
      if (file === 'vocab.json' && (await readIfThere(join(place, MERGES))) !== null)
        throw declarationFault(
          'BAD_MODEL',
          `${path}: ${MERGES} beside it says that these are pieces of words, which a table of words does not cut. Write the ` +
            `tokenizer as one file, tokenizer.json: AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER) in Python.`,
        );
      return readTokenizer(parse(text, path, 'BAD_MODEL'), path, 'BAD_MODEL', settings);
    }
  }
  throw argumentFault(
    `Nothing declares this model's words. Put a text_config.json, a tokenizer.json or a vocab.json beside the model, or ` +
      `pass --tokenizer FILE (library: the option tokenizer). For example:\n${MINIMAL_TOKENIZER}`,
  );
}

async function readGiven(path: string, option: string): Promise<string> {
  const text = await readIfThere(path, option);
  if (text !== null) return text;
  throw new SmugError('FILE_NOT_FOUND', `${option}: there is no file ${path}.`);
}

async function readIfThere(path: string, option?: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    const what = option === undefined ? '' : `${option}: `;
    throw new SmugError('FILE_UNREADABLE', `${what}${path} cannot be read: ${message}.`, { cause });
  }
}

function parse(text: string, path: string, code: DeclarationCode): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw declarationFault(code, `${path} is not valid JSON: ${(cause as Error).message}.`, { cause });
  }
}
