import type { Declaration } from './declaration.js';
import type { WordTable } from '../word-table.js';

/**
 * Byte-level byte pair encoding (Sennrich et al. 2016, on bytes as in GPT-2, which RoBERTa took over): a word is its UTF-8 bytes, each
 * written as one visible character, of which neighbours are joined, the pair that was learnt earliest first.
 *
 * @returns the pieces of a word; null where the vocabulary has none of them
 */
export function readBytePairs(stated: Declaration, table: WordTable): (word: string) => number[] | null {
  for (const key of ['continuing_subword_prefix', 'end_of_word_suffix'])
    if (stated.text(key, '') !== '') throw stated.fault(`a BPE model with "${key}" is not supported`);
  if (stated.flag('byte_fallback', false))
    throw stated.fault('a BPE model with "byte_fallback": true is not supported');
  const ranks = new Map<string, number>();
  for (const [rank, merge] of stated.list('merges').entries()) {
    const pair: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
    if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((part) => typeof part === 'string'))
      throw stated.fault(`"merges"[${rank}] must be two pieces; it is ${JSON.stringify(merge)}`);
    ranks.set(pair.join(' '), rank);
  }
  const wholeFirst = stated.flag('ignore_merges', false);
  return (word) => {
    const letters = Array.from(new TextEncoder().encode(word), (byte) => BYTES[byte]);
    const whole = wholeFirst ? table.get(letters.join('')) : undefined;
    if (whole !== undefined) return [whole];
    const pieces: string[] = [];
    for (let from = 0; from < letters.length; from += MOST_JOINED)
      pieces.push(...joined(letters.slice(from, from + MOST_JOINED), ranks));
    const indices = pieces.flatMap((piece) => table.get(piece) ?? []);
    return indices.length > 0 ? indices : null;
  };
}

/** Of one pair at several places the one on the left is joined first. */
function joined(letters: readonly string[], ranks: ReadonlyMap<string, number>): string[] {
  const pieces = [...letters];
  const rankAt = (left: number) => ranks.get(`${pieces[left]} ${pieces[left + 1]}`) ?? Infinity;
  const found = pieces.slice(1).map((_, left) => rankAt(left));
  for (;;) {
    let at = 0;
    for (let left = 1; left < found.length; left++) if (found[left] < found[at]) at = left;
    if (!(found[at] < Infinity)) return pieces;
    pieces.splice(at, 2, pieces[at] + pieces[at + 1]);
    found.splice(at, 1);
    if (at > 0) found[at - 1] = rankAt(at - 1);
    if (at < found.length) found[at] = rankAt(at);
  }
}

/** Bytes of a word that are joined with each other; the time grows with the square. No word of a language is longer. */
const MOST_JOINED = 1024;

/** Per byte its character: itself where that is visible, else one from U+0100 on. */
const BYTES: readonly string[] = (() => {
  let next = 0x100;
  const visible = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(visible(byte) ? byte : next++));
})();
