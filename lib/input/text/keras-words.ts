import type { TextWord } from './tokenizer.js';

/** What Keras' `Tokenizer` drops unless told otherwise. The apostrophe is not among it. */
export const KERAS_FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n';

/** How Keras splits a text (`text_to_word_sequence`), under its own names. */
export interface KerasSplitting {
  lower: boolean;
  /** Characters that count as `split`. */
  filters: string;
  /** What stands between words. */
  split: string;
}

/** A word and its place, before it is looked up. */
export type PlacedWord = Pick<TextWord, 'word' | 'start' | 'end'>;

/**
 * The words of a text as Keras' `Tokenizer` finds them: lower-case the text, put the separator in place of every
 * filtered character, split there, drop what is empty.
 */
export function kerasWords(text: string, { lower, filters, split }: KerasSplitting): PlacedWord[] {
  const lowered = lower ? text.toLowerCase() : text;
  // Lower-casing never shortens a text in UTF-16, so equal lengths mean equal places.
  const aligned = lowered.length === text.length;
  const source = aligned ? lowered : text;
  const dropped = new Set(filters);
  const words: PlacedWord[] = [];
  const add = (start: number, end: number) => {
    if (end === start) return;
    const word = source.slice(start, end);
    words.push({ word: lower && !aligned ? word.toLowerCase() : word, start, end });
  };
  let start = 0;
  for (let at = 0; at < source.length;) {
    const width = source.startsWith(split, at) ? split.length : dropped.has(source[at]) ? 1 : 0;
    if (width > 0) {
      add(start, at);
      start = at + width;
    }
    at += width || 1;
  }
  add(start, source.length);
  return words;
}

/** Runs of letters, digits and apostrophes with their combining marks, or one visible character (a joined emoji is one). */
const WORD_OR_MARK =
  /[\p{L}\p{N}'][\p{L}\p{M}\p{N}']*|[^\s\p{L}\p{N}']\p{M}*(?:\u200d[^\s\p{L}\p{N}']\p{M}*)*/gu;

/**
 * Words and marks: runs of letters, digits and apostrophes; every other visible character alone. For vocabularies that
 * are declared as a bare table of words.
 */
export function wordsAndMarks(text: string, lower: boolean): PlacedWord[] {
  const found = text.matchAll(WORD_OR_MARK);
  return Array.from(found, ({ 0: word, index }) => ({
    word: lower ? word.toLowerCase() : word,
    start: index,
    end: index + word.length,
  }));
}
