import type { IntegerProblem } from '../../masks/integer-rows.js';

/**
 * A lower bound that is plain to see: every row needs its few largest coefficients at least, and rows that share
 * no helping variable need them all. Rows are packed greedily, neediest first. Integer arithmetic; Infinity when
 * a row cannot hold at all.
 */
export function disjointRowsBound(problem: IntegerProblem): number {
  const { variables, offsets, columns, coefficients, bounds } = problem;
  const needs = new Float64Array(bounds.length);
  for (let row = 0; row < bounds.length; row++) {
    const helping = coefficients
      .slice(offsets[row], offsets[row + 1])
      .sort()
      .reverse();
    let missing = bounds[row];
    for (let k = 0; missing > 0; k++) {
      if (k >= helping.length || helping[k] <= 0) return Infinity;
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
  let bound = 0;
  let largest = 0;
  for (const row of order) {
    largest = Math.max(largest, needs[row]);
    if (needs[row] === 0) continue;
    let free = true;
    for (let at = offsets[row]; at < offsets[row + 1] && free; at++) {
      free = coefficients[at] <= 0 || taken[columns[at]] === 0;
    }
    if (!free) continue;
    bound += needs[row];
    for (let at = offsets[row]; at < offsets[row + 1]; at++) if (coefficients[at] > 0) taken[columns[at]] = 1;
  }
  return Math.max(bound, largest);
}
