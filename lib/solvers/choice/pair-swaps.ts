import type { SolvedComponent } from './minimal-masks.js';

/** More combinations than this are left to a prover; this number is looked at in about a tenth of a second. */
const MOST_COMBINATIONS = 20_000_000;
/** Milliseconds between two turns of the event loop. */
const TURN_MS = 20;

/**
 * Calls `visit` with smallest masks that have two ones of `mask` elsewhere, for components with few dense rows, where
 * moving a single one rarely does. Pairs without a column that is `wanted` are passed over. Gives way to other
 * work now and then, and ends when `signal` is aborted.
 */
export async function forEachPairSwap(
  component: SolvedComponent,
  mask: Uint8Array,
  wanted: ReadonlySet<number>,
  visit: (mask: Uint8Array) => void,
  signal?: AbortSignal,
): Promise<void> {
  const { variables, offsets, columns, coefficients, bounds } = component.problem;
  const rows = bounds.length;
  const ones = [...mask.keys()].filter((column) => mask[column]);
  const zeros = [...mask.keys()].filter((column) => !mask[column]);
  const pairs = (count: number): number => (count * (count - 1)) / 2;
  if (pairs(ones.length) * pairs(zeros.length) > MOST_COMBINATIONS || rows * variables > MOST_COMBINATIONS)
    return;
  const dense = new Float64Array(rows * variables);
  const slack = bounds.map((bound) => -bound);
  for (let row = 0; row < rows; row++) {
    for (let at = offsets[row]; at < offsets[row + 1]; at++) {
      dense[columns[at] * rows + row] += coefficients[at];
      if (mask[columns[at]]) slack[row] += coefficients[at];
    }
  }
  const left = new Float64Array(rows);
  let turn = performance.now();
  for (const [i, a] of ones.entries()) {
    for (const b of ones.slice(i + 1)) {
      let tightest = 0;
      for (let row = 0; row < rows; row++) {
        left[row] = slack[row] - dense[a * rows + row] - dense[b * rows + row];
        if (left[row] < left[tightest]) tightest = row;
      }
      for (let k = 0; k < zeros.length; k++) {
        const c = zeros[k] * rows;
        for (let l = k + 1; l < zeros.length; l++) {
          const d = zeros[l] * rows;
          if (left[tightest] + dense[c + tightest] + dense[d + tightest] < 0) continue;
          let row = 0;
          while (row < rows && left[row] + dense[c + row] + dense[d + row] >= 0) row++;
          if (row < rows) continue;
          if (![a, b, zeros[k], zeros[l]].some((column) => wanted.has(column))) continue;
          const other = mask.slice();
          other[a] = other[b] = 0;
          other[zeros[k]] = other[zeros[l]] = 1;
          if (component.accepts(other)) visit(other);
        }
      }
      if (performance.now() - turn < TURN_MS) continue;
      await new Promise((resolve) => setImmediate(resolve));
      if (signal?.aborted) return;
      turn = performance.now();
    }
  }
}
