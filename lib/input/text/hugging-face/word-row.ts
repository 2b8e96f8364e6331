import type { TextWord, TextWords } from '../tokenizer.js';
import type { AlignedText } from './aligned-text.js';

/**
 * The words of a text as they are found. White space that has indices of its own is no word: it goes with the word after
 * it, at the end of a text with the last one.
 */
export class WordRow {
  readonly #unknown: number | null;
  readonly #words: TextWord[] = [];
  #space: number[] = [];
  #dropped = 0;

  /** @param unknown the index of unknown words; null where such words are left out */
  constructor(unknown: number | null) {
    this.#unknown = unknown;
  }

  /**
   * @param seen what can be seen of the word: nothing of white space
   * @param found its indices; null or none where the vocabulary does not know it
   * @param word its name where that is not what is seen
   */
  add(seen: AlignedText, found: number[] | null, word = seen.chars.join('')): void {
    const indices = found ?? (this.#unknown === null ? [] : [this.#unknown]);
    if (seen.chars.length === 0) {
      for (const index of indices) this.#space.push(index);
      return;
    }
    if (indices.length === 0) {
      this.#dropped++;
      return;
    }
    this.#words.push({
      word,
      start: seen.starts[0],
      end: seen.ends[seen.ends.length - 1],
      indices: this.#space.length > 0 ? [...this.#space, ...indices] : indices,
      unknown: indices.every((index) => index === this.#unknown),
    });
    this.#space = [];
  }

  finish(): TextWords {
    const last = this.#words.at(-1);
    if (last !== undefined && this.#space.length > 0) last.indices = [...last.indices, ...this.#space];
    return { words: this.#words, dropped: this.#dropped };
  }
}
