import type { EncodedClass } from './encoded-class.js';
import { CellTrials } from './cell-trials.js';
import { addCell } from './masked-input.js';

/** Products that a step of the search may take, half a second where every cell changes the whole network. */
const PRODUCTS_PER_STEP = 5e8;
const MOST_KEPT = 48;

interface Partial {
  z: Float64Array;
  cells: number[];
  lead: number;
}

/**
 * A small mask that keeps the class, found by adding cells: of all masks of a size those with the largest lead are kept and given
 * one more cell each, until one keeps the class; then cells that it can do without are taken away, and pairs that one cell can stand
 * for.
 * @param stopped asked now and then
 * @returns null where none was found
 */
export function searchSmallMask(encoded: EncodedClass, stopped: () => boolean): number[] | null {
  const { input, network } = encoded;
  const count = input.cells.length;
  const affordable = Math.floor(PRODUCTS_PER_STEP / (Math.max(1, count) * network.products));
  const kept = Math.max(1, Math.min(MOST_KEPT, affordable));
  const none = { z: input.bias.slice(), cells: [], lead: 0 };
  let best: Partial[] = [{ ...none, lead: encoded.lead(none.z) }];
  if (encoded.holds(none.z, () => [])) return [];
  const trials = new CellTrials(encoded);
  for (let size = 1; size <= count && !stopped(); size++) {
    best = grown(encoded, trials, best, kept, stopped);
    const found = best.find(({ z, cells }) => encoded.holds(z, () => cells));
    if (found !== undefined) return shrunk(encoded, trials, found.cells, stopped);
  }
  const all = [...input.cells.keys()];
  return encoded.holdsExactly(all) ? shrunk(encoded, trials, all, stopped) : null;
}

function grown(
  encoded: EncodedClass,
  trials: CellTrials,
  masks: readonly Partial[],
  most: number,
  stopped: () => boolean,
): Partial[] {
  const { input } = encoded;
  const seen = new Set<string>();
  const found: { from: Partial; cell: number; lead: number }[] = [];
  for (const from of masks) {
    if (stopped()) break;
    const has = new Set(from.cells);
    trials.begin(from.z);
    for (let cell = 0; cell < input.cells.length; cell++) {
      if (has.has(cell)) continue;
      found.push({ from, cell, lead: encoded.leadOf(trials.logits(cell)) });
    }
  }
  found.sort((a, b) => b.lead - a.lead);
  const best: Partial[] = [];
  for (const { from, cell, lead } of found) {
    const cells = [...from.cells, cell].sort((a, b) => a - b);
    const key = cells.join();
    if (seen.has(key)) continue;
    seen.add(key);
    const sum = from.z.slice();
    addCell(input, sum, cell);
    best.push({ z: sum, cells, lead });
    if (best.length === most) break;
  }
  return best;
}

/** Fewer cells, as long as there are some to be taken away or two for which one can stand. */
function shrunk(
  encoded: EncodedClass,
  trials: CellTrials,
  cells: readonly number[],
  stopped: () => boolean,
): number[] {
  let kept = withoutSpare(encoded, cells, stopped);
  for (;;) {
    const fewer = oneForTwo(encoded, trials, kept, stopped);
    if (fewer === null) return kept;
    kept = withoutSpare(encoded, fewer, stopped);
  }
}

/** The mask with two cells less and another one more; null where no such mask keeps the class. */
function oneForTwo(
  encoded: EncodedClass,
  trials: CellTrials,
  cells: readonly number[],
  stopped: () => boolean,
): number[] | null {
  const { input } = encoded;
  for (let first = 0; first < cells.length; first++)
    for (let second = first + 1; second < cells.length; second++) {
      if (stopped()) return null;
      const rest = cells.filter((_, at) => at !== first && at !== second);
      const has = new Set(rest);
      trials.begin(sumOf(encoded, rest));
      for (let cell = 0; cell < input.cells.length; cell++) {
        const other = () => [...rest, cell];
        if (!has.has(cell) && encoded.logitsHold(trials.logits(cell), other)) return other();
      }
    }
  return null;
}

function sumOf({ input }: EncodedClass, cells: readonly number[]): Float64Array {
  const z = input.bias.slice();
  for (const cell of cells) addCell(input, z, cell);
  return z;
}

/** Takes away one cell after the other, as long as the class is kept. */
function withoutSpare(encoded: EncodedClass, cells: readonly number[], stopped: () => boolean): number[] {
  let kept = [...cells];
  for (const cell of cells) {
    if (stopped()) break;
    const fewer = kept.filter((other) => other !== cell);
    if (encoded.holds(sumOf(encoded, fewer), () => fewer)) kept = fewer;
  }
  return kept;
}
