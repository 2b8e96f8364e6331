import type { IntegerProblem } from '../../masks/integer-rows.js';

/**
 * A mask from which no single one can be removed, or null when the full mask is not feasible: ones are taken
 * away while all rows hold, those that help least first. A mask in a millisecond, for the start.
 */
export function shrinkGreedily(problem: IntegerProblem): Uint8Array | null {
  const { variables, offsets, columns, coefficients, bounds } = problem;
  const slack = new Float64Array(bounds.length);
  const help = new Float64Array(variables);
  const columnOffsets = new Uint32Array(variables + 1);
  for (const column of columns) columnOffsets[column + 1]++;
  for (let j = 0; j < variables; j++) columnOffsets[j + 1] += columnOffsets[j];
  const entries = new Uint32Array(columns.length);
  const rowOf = new Uint32Array(columns.length);
  const next = columnOffsets.slice();
  for (let row = 0; row < bounds.length; row++) {
    slack[row] = -bounds[row];
    let largest = 1;
    for (let at = offsets[row]; at < offsets[row + 1]; at++) {
      slack[row] += coefficients[at];
      largest = Math.max(largest, Math.abs(coefficients[at]));
    }
    if (slack[row] < 0) return null;
    for (let at = offsets[row]; at < offsets[row + 1]; at++) {
      help[columns[at]] += coefficients[at] / largest;
      rowOf[at] = row;
      entries[next[columns[at]]++] = at;
    }
  }
  const mask = new Uint8Array(variables).fill(1);
  const order = Uint32Array.from({ length: variables }, (_, j) => j).sort(
    (a, b) => help[a] - help[b] || a - b,
  );
  for (const variable of order) {
    const own = entries.subarray(columnOffsets[variable], columnOffsets[variable + 1]);
    if (!own.every((at) => slack[rowOf[at]] >= coefficients[at])) continue;
    mask[variable] = 0;
    for (const at of own) slack[rowOf[at]] -= coefficients[at];
  }
  return mask;
}
