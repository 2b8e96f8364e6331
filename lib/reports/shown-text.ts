import type { TextSpan } from '../input/text/text-spans.js';
import type { TextSide } from '../input/text/tokenizer.js';
import type { ExplainedWord } from '../api/text.js';

/** A word as it is shown. */
export interface ShownWord extends TextSpan {
  kept: boolean;
  /** 0 to 1: how strongly it stands out. */
  weight: number;
  score: number;
  unknown: boolean;
}

/** A stretch of the text as it is shown: a word, or what lies between words. */
export interface ShownPart extends TextSpan {
  word: ShownWord | null;
  /** Beyond what the model sees: the text was too long. */
  cut: boolean;
}

/** Words with their weights: the highest score has weight 1, scores below 0 have none. */
export function shownWords(
  words: readonly Pick<ExplainedWord, 'start' | 'end' | 'kept' | 'score' | 'unknown'>[],
): ShownWord[] {
  const most = words.reduce((largest, { score }) => Math.max(largest, score), 0);
  return words.map(({ start, end, kept, score, unknown }) => ({
    start,
    end,
    kept,
    score,
    unknown,
    weight: most > 0 ? Math.max(0, score) / most : 0,
  }));
}

/**
 * The whole text, in order, cut into words and what is not a word.
 * @param cutFrom the side that was cut off; null where the model sees all of the text
 */
export function shownParts(
  text: string,
  words: readonly ShownWord[],
  cutFrom: TextSide | null = null,
): ShownPart[] {
  const parts: ShownPart[] = [];
  let at = 0;
  const between = (end: number, cut: boolean) => {
    if (end > at) parts.push({ start: at, end, word: null, cut });
    at = Math.max(at, end);
  };
  words.forEach((word, number) => {
    // Normalisation may let two words claim one stretch; it is shown once.
    if (word.start < at) return;
    between(word.start, number === 0 && cutFrom === 'start');
    parts.push({ start: word.start, end: word.end, word, cut: false });
    at = word.end;
  });
  between(text.length, cutFrom === 'end');
  return parts;
}
