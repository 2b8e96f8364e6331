import type { IntegerProblem } from '../../masks/integer-rows.js';

/**
 * A lower bound that is plain to see: every row needs its few largest coefficients at least, and rows that share
 * no helping variable need them all. Rows are packed greedily, neediest first. Integer arithmetic; Infinity when
 * a row cannot hold at all.
 */
export function disjointRowsBound(problem: IntegerProblem): number {
  return disjointRows(problem).bound;
}

/** The same with the rows that show it: one that cannot hold, some that share no helping variable, or the neediest. */
export function disjointRows(problem: IntegerProblem): { bound: number; rows: number[] } {
  const { variables, offsets, columns, coefficients, bounds } = problem;
  const needs = new Float64Array(bounds.length);
  for (let row = 0; row < bounds.length; row++) {
    const helping = coefficients
      .slice(offsets[row], offsets[row + 1])
      .sort()
      .reverse();
    let missing = bounds[row];
    for (let k = 0; missing > 0; k++) {
      if (k >= helping.length || helping[k] <= 0) return { bound: Infinity, rows: [row] };
      missing -= helping[k];
      needs[row]++;
    }
  }
  const order = Uint32Array.from(bounds.keys()).sort(
    (a, b) => perVariable(b) - perVariable(a) || needs[b] - needs[a] || a - b,
  );
  function perVariable(row: number): number {
    return needs[row] / (offsets[row + 1] - offsets[row] || 1);
  }
  const taken = new Uint8Array(variables);
  const rows: number[] = [];
  let bound = 0;
  let neediest = 0;
  for (const row of order) {
    if (needs[row] > needs[neediest]) neediest = row;
    if (needs[row] === 0) continue;
    let free = true;
    for (let at = offsets[row]; at < offsets[row + 1] && free; at++) {
      free = coefficients[at] <= 0 || taken[columns[at]] === 0;
    }
    if (!free) continue;
    bound += needs[row];
    rows.push(row);
    for (let at = offsets[row]; at < offsets[row + 1]; at++) if (coefficients[at] > 0) taken[columns[at]] = 1;
  }
  const single = needs[neediest] ?? 0;
  return single > bound ? { bound: single, rows: [neediest] } : { bound, rows };
}
