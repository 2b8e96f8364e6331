import type { EncodedClass } from './encoded-class.js';
import { addCell } from './masked-input.js';

/** Products that a step of the search may take, about a tenth of a second. */
const PRODUCTS_PER_STEP = 5e7;
const MOST_KEPT = 64;

interface Partial {
  z: Float64Array;
  cells: number[];
  lead: number;
}

/**
 * A small mask that keeps the class, found by adding cells: of all masks of a size those with the largest lead are kept and given
 * one more cell each, until one keeps the class; then cells that it can do without are taken away.
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
  for (let size = 1; size <= count && !stopped(); size++) {
    best = grown(encoded, best, kept, stopped);
    const found = best.find(({ z, cells }) => encoded.holds(z, () => cells));
    if (found !== undefined) return withoutSpare(encoded, found.cells, stopped);
  }
  const all = [...input.cells.keys()];
  return encoded.holdsExactly(all) ? withoutSpare(encoded, all, stopped) : null;
}

function grown(
  encoded: EncodedClass,
  masks: readonly Partial[],
  most: number,
  stopped: () => boolean,
): Partial[] {
  const { input } = encoded;
  const seen = new Set<string>();
  const found: { from: Partial; cell: number; lead: number }[] = [];
  const z = new Float64Array(input.nodes);
  for (const from of masks) {
    if (stopped()) break;
    const has = new Set(from.cells);
    for (let cell = 0; cell < input.cells.length; cell++) {
      if (has.has(cell)) continue;
      z.set(from.z);
      addCell(input, z, cell);
      found.push({ from, cell, lead: encoded.lead(z) });
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

/** Takes away one cell after the other, as long as the class is kept. */
function withoutSpare(encoded: EncodedClass, cells: readonly number[], stopped: () => boolean): number[] {
  let kept = [...cells];
  for (const cell of cells) {
    if (stopped()) break;
    const fewer = kept.filter((other) => other !== cell);
    const z = encoded.input.bias.slice();
    for (const other of fewer) addCell(encoded.input, z, other);
    if (encoded.holds(z, () => fewer)) kept = fewer;
  }
  return kept;
}
