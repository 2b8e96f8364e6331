import { readWordTable, type WordTable } from '../word-table.js';
import type { DeclarationCode } from '../../../errors.js';
import { readBytePairs } from './byte-pairs.js';
import { byteSpelling } from './byte-level.js';
import type { Declaration } from './declaration.js';

/** The indices of a word; null where the model knows it neither whole nor in pieces. */
type WordModel = (word: string) => number[] | null;

export interface PieceVocabulary {
  lookUp: WordModel;
  table: WordTable;
  /** Index for words that are not known; null where the vocabulary has none. */
  unknown: number | null;
}

const supported = ['WordLevel', 'WordPiece', 'BPE'];

/** Reads the `model` of a `tokenizer.json`. @param inBytes whether its vocabulary spells words in bytes */
export function readPieceVocabulary(
  stated: Declaration,
  name: string,
  code: DeclarationCode,
  inBytes: boolean,
): PieceVocabulary {
  // Old files of WordPiece models carry no type.
  const type = stated.has('type') ? stated.type : 'WordPiece';
  if (!supported.includes(type))
    throw stated.fault(
      `model ${type} is not supported: each mask variable is a word, and supported are models of words or of pieces ` +
        `of words (${supported.join(', ')})`,
    );
  const table = readWordTable(stated.raw('vocab'), `${name}: vocab`, code);
  if (type === 'BPE') {
    const lookUp = readBytePairs(stated, table);
    const unknown = stated.has('unk_token') ? table.get(stated.text('unk_token')) : undefined;
    return {
      table,
      unknown: unknown ?? null,
      lookUp: inBytes ? (word) => lookUp(byteSpelling(word)) : lookUp,
    };
  }
  if (inBytes) throw stated.fault(`pre_tokenizer ByteLevel is supported for a BPE model, not for ${type}`);
  const unknown = table.get(stated.text('unk_token', '[UNK]')) ?? null;
  if (type === 'WordLevel')
    return {
      table,
      unknown,
      lookUp: (word) => {
        const index = table.get(word);
        return index === undefined ? null : [index];
      },
    };
  const prefix = stated.text('continuing_subword_prefix', '##');
  const longest = stated.count('max_input_chars_per_word', 100);
  return { table, unknown, lookUp: (word) => wordPieces(word, table, prefix, longest) };
}

/**
 * Greedy longest match first (WordPiece; Wu et al. 2016, as BERT uses it): pieces after the first carry a prefix. A word
 * of which any part matches nothing, or with more than `longest` characters, is not known.
 */
function wordPieces(word: string, table: WordTable, prefix: string, longest: number): number[] | null {
  const chars = [...word];
  if (chars.length > longest) return null;
  const pieces: number[] = [];
  for (let from = 0; from < chars.length;) {
    let to = chars.length;
    let index: number | undefined;
    for (; to > from; to--) {
      index = table.get((from > 0 ? prefix : '') + chars.slice(from, to).join(''));
      if (index !== undefined) break;
    }
    if (index === undefined) return null;
    pieces.push(index);
    from = to;
  }
  return pieces;
}
