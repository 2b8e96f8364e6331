import type { WordTable } from '../word-table.js';
import type { Declaration } from './declaration.js';

/** What becomes of two pieces that stand side by side; the merge of the lowest rank comes first. */
interface Merge {
  rank: number;
  index: number;
}

/** Keys of pairs and of queue entries are exact in a double: indices and ranks are below 2^24, places below 2^28. */
const INDICES = 2 ** 24;
const PLACES = 2 ** 28;
const CACHED_WORDS = 20_000;
const LONGEST_CACHED = 100;

/**
 * Byte-pair encoding (Sennrich et al. 2016), with the options of the tokenizers library: a word starts as its characters, and
 * of the pairs that may be merged the one of lowest rank, leftmost first, is, until none is left.
 *
 * @param stated a `model` of type BPE
 * @returns the indices of a word; none where it holds no character that the vocabulary knows and no token stands for others
 */
export function readBytePairs(stated: Declaration, table: WordTable): (word: string) => number[] {
  if (stated.has('dropout') && stated.raw('dropout') !== 0)
    throw stated.fault('"dropout" makes a text read otherwise every time; set it to null');
  const prefix = stated.text('continuing_subword_prefix', '');
  const merges = readMerges(stated, table, prefix.length);
  const start = firstPieces(stated, table, prefix);
  const whole = stated.flag('ignore_merges', false);
  const cache = new Map<string, number[]>();
  return (word) => {
    const known = cache.get(word);
    if (known !== undefined) return known;
    const index = whole ? table.get(word) : undefined;
    const pieces = index !== undefined ? [index] : merged(start(word), merges);
    if (word.length <= LONGEST_CACHED) {
      if (cache.size >= CACHED_WORDS) cache.clear();
      cache.set(word, pieces);
    }
    return pieces;
  };
}

function readMerges(stated: Declaration, table: WordTable, prefixLength: number): Map<number, Merge> {
  const merges = new Map<number, Merge>();
  stated.list('merges').forEach((entry, rank) => {
    const pair: unknown = typeof entry === 'string' ? entry.split(' ') : entry;
    if (!isPair(pair))
      throw stated.fault(
        `"merges"[${rank}] must be two pieces, "a b" or ["a", "b"]; it is ${JSON.stringify(entry)}`,
      );
    const [left, right] = pair;
    const indexOf = (piece: string) => {
      const index = table.get(piece);
      if (index !== undefined) return index;
      throw stated.fault(`"merges"[${rank}] needs '${piece}', which "vocab" does not have`);
    };
    const index = indexOf(left + right.slice(prefixLength));
    merges.set(indexOf(left) * INDICES + indexOf(right), { rank, index });
  });
  return merges;
}

function isPair(value: unknown): value is [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((piece) => typeof piece === 'string');
}

/** The characters of a word as indices; those that the vocabulary lacks as bytes, as the unknown token, or not at all. */
function firstPieces(stated: Declaration, table: WordTable, prefix: string): (word: string) => number[] {
  const suffix = stated.text('end_of_word_suffix', '');
  const unknown = stated.has('unk_token') ? table.get(stated.text('unk_token')) : undefined;
  const fused = stated.flag('fuse_unk', false);
  const asBytes = stated.flag('byte_fallback', false);
  const encoder = new TextEncoder();
  const bytesOf = (piece: string) =>
    Array.from(encoder.encode(piece), (byte) =>
      table.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
    );
  return (word) => {
    const pieces: number[] = [];
    const chars = [...word];
    let afterUnknown = false;
    chars.forEach((char, at) => {
      const piece = (at > 0 ? prefix : '') + char + (at === chars.length - 1 ? suffix : '');
      const index = table.get(piece);
      const bytes = index === undefined && asBytes ? bytesOf(piece) : [index];
      const isKnown = bytes.every((byte) => byte !== undefined);
      if (isKnown) for (const byte of bytes) pieces.push(byte!);
      else if (unknown !== undefined && !(fused && afterUnknown)) pieces.push(unknown);
      afterUnknown = !isKnown;
    });
    return pieces;
  };
}

/** Merges in the order of rank, then of place; takes time n log n. */
function merged(pieces: number[], merges: ReadonlyMap<number, Merge>): number[] {
  const count = pieces.length;
  if (count < 2) return pieces;
  const indices = [...pieces];
  const next = Array.from(indices, (_, at) => at + 1);
  const before = Array.from(indices, (_, at) => at - 1);
  const queue = new SmallestFirst();
  const mergeAt = (at: number) =>
    at >= 0 && next[at] < count ? merges.get(indices[at] * INDICES + indices[next[at]]) : undefined;
  const offer = (at: number) => {
    const merge = mergeAt(at);
    if (merge !== undefined) queue.add(merge.rank * PLACES + at);
  };
  for (let at = 0; at < count - 1; at++) offer(at);
  for (let first = queue.take(); first !== undefined; first = queue.take()) {
    const at = first % PLACES;
    const merge = indices[at] < 0 ? undefined : mergeAt(at);
    // What stood here when the entry was made may have been merged since.
    if (merge === undefined || merge.rank !== (first - at) / PLACES) continue;
    const right = next[at];
    indices[at] = merge.index;
    indices[right] = -1;
    next[at] = next[right];
    if (next[at] < count) before[next[at]] = at;
    offer(at);
    offer(before[at]);
  }
  return indices.filter((index) => index >= 0);
}

/** A binary heap of numbers. */
class SmallestFirst {
  readonly #heap: number[] = [];

  add(value: number): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(value);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent] <= value) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = value;
  }

  take(): number | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const value = heap.pop();
    if (value === undefined || heap.length === 0) return value;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < heap.length && heap[child + 1] < heap[child]) child++;
      if (child >= heap.length || heap[child] >= value) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = value;
    return first;
  }
}
