import type { IntegerProblem } from '../../masks/integer-rows.js';

/** The rows over the columns that are not fixed, in their order; fixed ones are taken at their value. */
export function fixColumns(
  problem: IntegerProblem,
  mask: ArrayLike<number>,
  fixed: ReadonlySet<number>,
): { problem: IntegerProblem; free: number[] } {
  const free: number[] = [];
  const position = new Int32Array(problem.variables).fill(-1);
  for (let column = 0; column < problem.variables; column++) {
    if (!fixed.has(column)) position[column] = free.push(column) - 1;
  }
  const rows = problem.bounds.length;
  const offsets = new Uint32Array(rows + 1);
  const columns: number[] = [];
  const coefficients: number[] = [];
  const bounds = problem.bounds.slice();
  for (let row = 0; row < rows; row++) {
    for (let at = problem.offsets[row]; at < problem.offsets[row + 1]; at++) {
      const column = problem.columns[at];
      if (position[column] >= 0) {
        columns.push(position[column]);
        coefficients.push(problem.coefficients[at]);
      } else if (mask[column]) bounds[row] -= problem.coefficients[at];
    }
    offsets[row + 1] = columns.length;
  }
  return {
    free,
    problem: {
      variables: free.length,
      offsets,
      columns: Uint32Array.from(columns),
      coefficients: Int32Array.from(coefficients),
      bounds,
    },
  };
}
