import type { TextCounts } from '../../api/text.js';
import { SmugError } from '../../errors.js';
import type { TextSide, TextWord, Tokenizer } from './tokenizer.js';

/** A word that the model sees, and the positions of its input that hold it. */
interface SeenWord extends TextWord {
  positions: number[];
}

/** A text as a row of the model's input. */
export interface ArrangedText {
  /** One index per position. */
  indices: Float32Array;
  /** The words the model sees, in order; a word whose last pieces were cut off counts as seen. */
  words: SeenWord[];
  /** Per position the word that stands there; −1 for padding and special tokens. */
  wordAt: Int32Array;
  counts: TextCounts;
}

/**
 * Splits a text and lays its words out as the model's input: special tokens around them, cut where the text is too
 * long, padded where it is too short.
 *
 * @param length positions of the model's input, or −1 where any number will do
 * @param least positions an input of open length needs at least
 * @throws SmugError BAD_INPUT for a text without a word the model can be given
 */
export function arrangeText(text: string, tokenizer: Tokenizer, length: number, least = 1): ArrangedText {
  const { words: all, dropped } = tokenizer.split(text);
  if (all.length === 0) throw new SmugError('BAD_INPUT', emptiness(text, dropped));
  const { before, after, padding, cut } = tokenizer;
  const special = before.length + after.length;
  const most = Math.min(length >= 0 ? length : Infinity, tokenizer.maxLength ?? Infinity);
  const room = most - special;
  if (room < 1)
    throw new SmugError(
      'BAD_INPUT',
      `A text may have ${most} positions here and ${special} of them hold special tokens: none is left for a word.`,
    );
  const kept = cut === 'end' ? fitting(all, room) : fitting([...all].reverse(), room, 'start').reverse();
  const used = kept.reduce((sum, { indices }) => sum + indices.length, 0) + special;
  const positions = length >= 0 ? length : Math.max(used, least, tokenizer.padTo ?? 0);

  const indices = new Float32Array(positions).fill(padding.index);
  const wordAt = new Int32Array(positions).fill(-1);
  let at = padding.side === 'end' ? 0 : positions - used;
  for (const index of before) indices[at++] = index;
  const words = kept.map((word, number): SeenWord => {
    const first = at;
    for (const index of word.indices) {
      indices[at] = index;
      wordAt[at++] = number;
    }
    return { ...word, positions: Array.from({ length: at - first }, (_, piece) => first + piece) };
  });
  for (const index of after) indices[at++] = index;
  return {
    indices,
    words,
    wordAt,
    counts: {
      words: all.length,
      seen: words.length,
      cut: all.length - words.length,
      cutFrom: cut,
      unknown: words.filter(({ unknown }) => unknown).length,
      dropped,
      positions,
      padding: positions - used,
      special,
    },
  };
}

/** The first words that fit into `room` positions; of the last one perhaps only the pieces next to the others. */
function fitting(words: readonly TextWord[], room: number, cutPieces: TextSide = 'end'): TextWord[] {
  const kept: TextWord[] = [];
  for (const word of words) {
    if (room <= 0) break;
    const { indices } = word;
    const pieces = cutPieces === 'end' ? indices.slice(0, room) : indices.slice(-room);
    kept.push({ ...word, indices: pieces });
    room -= pieces.length;
  }
  return kept;
}

function emptiness(text: string, dropped: number): string {
  if (dropped > 0)
    return (
      `The text holds no word that the vocabulary knows (${dropped} unknown), and the model declares no index for ` +
      'unknown words.'
    );
  return text.trim() === ''
    ? 'The text is empty: there is no word to explain.'
    : 'The text holds no word, only characters that the model does not see.';
}
