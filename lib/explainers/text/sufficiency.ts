import type { Sufficiency } from '../../api/text.js';
import type { BlankWord } from '../../api/options.js';
import { bits } from '../../solvers/solution-document.js';
import type { ExplainedOutput } from '../target.js';
import type { BlankedText } from './blanked-text.js';

/** A mask with further words, so that the network still reads the class. */
interface ExtendedMask {
  /** One byte per word. */
  cells: Uint8Array;
  /** F with these words. */
  after: number;
}

/**
 * Runs the network on a text of which only the kept words are left. SMUG's proof is about the first layer; this says
 * whether the rest of the network, too, still sees the class. With `requireClass`, also the mask that does.
 *
 * @param scores one per word: those with higher ones are added first
 */
export async function textSufficiency(
  blanked: BlankedText,
  mask: Uint8Array,
  scores: ArrayLike<number>,
  explained: ExplainedOutput,
  { requireClass, blankWord, signal }: { requireClass: boolean; blankWord: BlankWord; signal?: AbortSignal },
): Promise<Sufficiency> {
  const whole = new Uint8Array(blanked.words).fill(1);
  const [before, after] = await blanked.outputs([whole, mask], signal);
  const sufficiency = {
    blankWord,
    classKept: explained.holds(after),
    before: explained.valueOf(before),
    after: explained.valueOf(after),
  };
  if (!requireClass) return sufficiency;
  const extended = await extendToClass(blanked, mask, scores, explained, signal);
  return {
    ...sufficiency,
    extended: extended && {
      cells: bits(extended.cells),
      size: extended.cells.reduce((sum, cell) => sum + cell, 0),
      after: extended.after,
    },
  };
}

/** Masks tried at once. */
const AT_ONCE = 32;

/**
 * Adds words to a mask, the one with the highest score first (of equal ones the first in the text), until the network
 * reads the class.
 * @returns null where even the whole text is read as another class
 */
async function extendToClass(
  blanked: BlankedText,
  mask: Uint8Array,
  scores: ArrayLike<number>,
  explained: ExplainedOutput,
  signal?: AbortSignal,
): Promise<ExtendedMask | null> {
  const rest = [...mask.keys()].filter((word) => !mask[word]);
  rest.sort((a, b) => scores[b] - scores[a] || a - b);
  const masks = [mask.slice()];
  for (const word of rest) {
    const next = masks[masks.length - 1].slice();
    next[word] = 1;
    masks.push(next);
  }
  for (let first = 0; first < masks.length; first += AT_ONCE) {
    const part = masks.slice(first, first + AT_ONCE);
    const outputs = await blanked.outputs(part, signal);
    const at = outputs.findIndex((row) => explained.holds(row));
    if (at < 0) continue;
    return { cells: part[at], after: explained.valueOf(outputs[at]) };
  }
  return null;
}
