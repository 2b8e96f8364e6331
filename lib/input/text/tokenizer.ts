/** A word of a text and what a model is given for it. */
export interface TextWord {
  /** As it is looked up: lower-cased or normalised where the model's declaration says so. */
  word: string;
  /** Where it stands in the text, in UTF-16 code units; `end` is exclusive. */
  start: number;
  end: number;
  /** Its index, or one index per word piece. */
  indices: number[];
  /** True where the model knows the word only as "unknown". */
  unknown: boolean;
}

export interface TextWords {
  /** In the order of the text. */
  words: TextWord[];
  /** Words that were left out because the vocabulary has neither them nor an index for unknown words. */
  dropped: number;
}

/** The start or the end of a text. */
export type TextSide = 'start' | 'end';

/** How a model wants its texts: a declaration that was read and checked. */
export interface Tokenizer {
  /** Splits a text and looks up every word. */
  split(text: string): TextWords;
  /** Indices that stand before and after every text, such as [CLS] and [SEP]. */
  before: readonly number[];
  after: readonly number[];
  /** What fills a text up to the model's length, and on which side. */
  padding: { index: number; side: TextSide };
  /** Which side of a text that is too long is cut off. */
  cut: TextSide;
  /** Positions a text may have at most; null where only the model file says. */
  maxLength: number | null;
  /** Positions that shorter texts are padded to where the model file leaves the length open; null for no padding. */
  padTo: number | null;
  /** Index of words that the vocabulary lacks; null where such words are dropped. */
  unknown: number | null;
}
