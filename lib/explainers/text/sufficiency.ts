import type { BlankedText } from './blanked-text.js';

/** Whether the kept words are enough for the class when the whole network reads them. */
export interface TextSufficiency {
  /** Does the class stay the predicted one? */
  classKept: boolean;
  /** Its probability on the whole text, and with the words that are not kept blanked. */
  before: number;
  after: number;
}

/** A mask with further words, so that the network still reads the class. */
export interface ExtendedMask {
  /** One byte per word. */
  cells: Uint8Array;
  size: number;
  /** The class's probability with these words. */
  after: number;
}

/**
 * Runs the network on a text of which only the kept words are left. SMUG's proof is about the first layer; this says
 * whether the rest of the network, too, still sees the class.
 */
export async function textSufficiency(
  blanked: BlankedText,
  mask: Uint8Array,
  target: number,
  signal?: AbortSignal,
): Promise<TextSufficiency> {
  const whole = new Uint8Array(blanked.words).fill(1);
  const [before, after] = await blanked.outputs([whole, mask], signal);
  return { classKept: reads(after, target), before: before[target], after: after[target] };
}

/** Masks tried at once. */
const AT_ONCE = 32;

/**
 * Adds words to a mask, the one with the highest score first (of equal ones the first in the text), until the network
 * reads the class.
 * @returns null where even the whole text is read as another class
 */
export async function extendToClass(
  blanked: BlankedText,
  mask: Uint8Array,
  scores: ArrayLike<number>,
  target: number,
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
    const at = outputs.findIndex((row) => reads(row, target));
    if (at < 0) continue;
    const cells = part[at];
    return { cells, size: cells.reduce((sum, cell) => sum + cell, 0), after: outputs[at][target] };
  }
  return null;
}

/** Is the class the one with the highest output? Of equal ones the first counts, as in the prediction. */
function reads(outputs: Float32Array, target: number): boolean {
  return outputs.every((value, at) => (at < target ? value < outputs[target] : value <= outputs[target]));
}
