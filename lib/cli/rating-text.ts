import type { RatedText } from '../explainers/text/rate-words.js';
import { terminalSafe } from '../reports/escape.js';
import { ratingView } from '../reports/text-views.js';
import { textLine } from './explanation-text.js';

/** The highest scores shown for methods that choose no words. */
const BEST = 10;

/** Words rated by another method than SMUG, as a person reads them on a terminal. */
export function ratingText(rated: RatedText): string {
  const { words, source, text } = rated;
  const { heading, facts } = ratingView(rated);
  const scored = words.every(({ kept }) => kept === null);
  const best = [...words].sort((a, b) => b.score - a.score || a.start - b.start).slice(0, BEST);
  const shown = scored
    ? words.map((word) => ({ ...word, kept: best.includes(word) && word.score > 0 }))
    : words;
  const marked = shown.map((word) => ({ ...word, kept: word.kept === true }));
  const lines = [
    heading,
    ...facts,
    textLine(source, marked, text),
    ...(scored
      ? [
          `highest: ${best.map(({ word, score }) => `${terminalSafe(word)} ${score.toPrecision(3)}`).join(', ')}`,
        ]
      : []),
    ...(rated.subsets ?? []).map(
      ({ words: subset, value }) =>
        `${value.toFixed(3)}  ${subset.map((word) => terminalSafe(words[word].word)).join(' ')}`,
    ),
    ...rated.files,
  ];
  return `${terminalSafe(rated.input)}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}
