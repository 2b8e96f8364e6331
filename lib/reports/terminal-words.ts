import { terminalSafe } from './escape.js';
import { shownParts, type ShownWord } from './shown-text.js';
import type { TextSide } from '../input/text/tokenizer.js';

/** Bold on a green that says how much the word counts, for terminals of 256 colours; black text reads on all of them. */
const GREENS = [194, 157, 120, 83, 46];
const DIM = '\x1b[2m';
const RESET = '\x1b[0m';

/**
 * A text on one line for a terminal: kept words stand out in colour, or in [brackets] where colours are not wanted; of
 * what the model does not see only a mark remains.
 */
export function terminalWords(
  text: string,
  words: readonly ShownWord[],
  { colour, cutFrom }: { colour: boolean; cutFrom: TextSide | null },
): string {
  return shownParts(text, words, cutFrom)
    .map(({ start, end, word, cut }) => {
      if (cut) return colour ? `${DIM} … ${RESET}` : ' … ';
      const safe = terminalSafe(text.slice(start, end));
      if (word === null) return safe;
      if (!word.kept) return colour ? `${DIM}${safe}${RESET}` : safe;
      const green = GREENS[Math.min(GREENS.length - 1, Math.floor(word.weight * GREENS.length))];
      return colour ? `\x1b[1;30;48;5;${green}m${safe}${RESET}` : `[${safe}]`;
    })
    .join('')
    .trim();
}

/** Whether a stream wants colours: a terminal, unless NO_COLOR is set or it says that it is dumb. */
export function wantsColour(stream: { isTTY?: boolean }, environment = process.env): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = environment;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0') return true;
  return stream.isTTY === true && TERM !== 'dumb';
}
