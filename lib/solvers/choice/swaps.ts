import type { SolvedComponent } from './minimal-masks.js';

/**
 * Calls `visit` with every smallest mask that has one one of `mask` elsewhere. The mask handed over is the
 * caller's to keep.
 */
export function forEachSwap(
  component: SolvedComponent,
  mask: Uint8Array,
  visit: (mask: Uint8Array, off: number, on: number) => void,
): void {
  const { problem, accepts } = component;
  const { offsets, columns, coefficients, bounds } = problem;
  const entries = columnEntries(component);
  const sums = rowSums(component, mask);
  const tried = new Uint32Array(problem.variables);
  for (let off = 0, turn = 0; off < mask.length; off++) {
    if (!mask[off]) continue;
    turn++;
    // A row that breaks without it has to be mended by whatever comes in its place.
    let broken = -1;
    for (const { row, coefficient } of entries[off]) {
      sums[row] -= coefficient;
      if (sums[row] < bounds[row] && broken < 0) broken = row;
    }
    const [from, to] = broken < 0 ? [0, 0] : [offsets[broken], offsets[broken + 1]];
    for (let at = from; at < to; at++) {
      const on = columns[at];
      if (mask[on] || coefficients[at] <= 0 || tried[on] === turn) continue;
      tried[on] = turn;
      const mended =
        entries[off].every(({ row }) => sums[row] + gain(entries[on], row) >= bounds[row]) &&
        entries[on].every(({ row, coefficient }) => sums[row] + coefficient >= bounds[row]);
      if (!mended) continue;
      const other = mask.slice();
      other[off] = 0;
      other[on] = 1;
      if (accepts(other)) visit(other, off, on);
    }
    for (const { row, coefficient } of entries[off]) sums[row] += coefficient;
  }
}

interface Entry {
  row: number;
  coefficient: number;
}

const known = new WeakMap<SolvedComponent, Entry[][]>();

/** Rows and coefficients of every column, of one row once. */
function columnEntries(component: SolvedComponent): Entry[][] {
  let entries = known.get(component);
  if (entries !== undefined) return entries;
  const { variables, offsets, columns, coefficients, bounds } = component.problem;
  entries = Array.from({ length: variables }, (): Entry[] => []);
  for (let row = 0; row < bounds.length; row++) {
    for (let at = offsets[row]; at < offsets[row + 1]; at++) {
      const own = entries[columns[at]];
      const last = own.at(-1);
      if (last?.row === row) last.coefficient += coefficients[at];
      else own.push({ row, coefficient: coefficients[at] });
    }
  }
  known.set(component, entries);
  return entries;
}

function gain(entries: readonly Entry[], row: number): number {
  for (const entry of entries) if (entry.row === row) return entry.coefficient;
  return 0;
}

function rowSums({ problem }: SolvedComponent, mask: Uint8Array): Float64Array {
  const { offsets, columns, coefficients, bounds } = problem;
  const sums = new Float64Array(bounds.length);
  for (let row = 0; row < bounds.length; row++) {
    for (let at = offsets[row]; at < offsets[row + 1]; at++)
      if (mask[columns[at]]) sums[row] += coefficients[at];
  }
  return sums;
}
