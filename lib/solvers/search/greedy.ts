import { indexColumns } from '../../masks/columns.js';
import type { IntegerProblem } from '../../masks/integer-rows.js';

/**
 * A mask from which no single one can be removed, or null when the full mask is not feasible: ones are taken
 * away while all rows hold, those that help least first. A mask in a millisecond, for the start.
 */
export function shrinkGreedily(problem: IntegerProblem): Uint8Array | null {
  const { variables, offsets, columns, coefficients, bounds } = problem;
  const slack = new Float64Array(bounds.length);
  const help = new Float64Array(variables);
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
    }
  }
  const { starts, entryOf, rowOf } = indexColumns(problem);
  const mask = new Uint8Array(variables).fill(1);
  const order = Uint32Array.from({ length: variables }, (_, j) => j).sort(
    (a, b) => help[a] - help[b] || a - b,
  );
  for (const variable of order) {
    let spare = true;
    for (let k = starts[variable]; k < starts[variable + 1] && spare; k++)
      spare = slack[rowOf[k]] >= coefficients[entryOf[k]];
    if (!spare) continue;
    mask[variable] = 0;
    for (let k = starts[variable]; k < starts[variable + 1]; k++) slack[rowOf[k]] -= coefficients[entryOf[k]];
  }
  return mask;
}
