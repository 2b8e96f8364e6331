import type { IntegerProblem } from './integer-rows.js';

/** One linear row over a component's variables: Σ coefficients·M ≥ bound. */
export interface ExtraRow {
  columns: ArrayLike<number>;
  coefficients: ArrayLike<number>;
  bound: number;
}

/** The problem with rows added at the end; the arrays of the original are not touched. */
export function withRows(problem: IntegerProblem, rows: readonly ExtraRow[]): IntegerProblem {
  const added = rows.reduce((sum, row) => sum + row.columns.length, 0);
  const before = problem.bounds.length;
  const entries = problem.offsets[before];
  const offsets = new Uint32Array(before + rows.length + 1);
  const columns = new Uint32Array(entries + added);
  const coefficients = new Int32Array(entries + added);
  const bounds = new Float64Array(before + rows.length);
  offsets.set(problem.offsets.subarray(0, before + 1));
  columns.set(problem.columns.subarray(0, entries));
  coefficients.set(problem.coefficients.subarray(0, entries));
  bounds.set(problem.bounds);
  let write = entries;
  rows.forEach((row, index) => {
    columns.set(Array.from(row.columns), write);
    coefficients.set(Array.from(row.coefficients), write);
    write += row.columns.length;
    offsets[before + index + 1] = write;
    bounds[before + index] = row.bound;
  });
  return { variables: problem.variables, offsets, columns, coefficients, bounds };
}

/** Σ M ≤ size. */
export function atMost(variables: number, size: number): ExtraRow {
  return {
    columns: Uint32Array.from({ length: variables }, (_, column) => column),
    coefficients: new Int32Array(variables).fill(-1),
    bound: -size,
  };
}

/**
 * At least one of `columns` differs from `mask`: Σ_{M̂=0} M + Σ_{M̂=1} (1 − M) ≥ 1, columns outside the list
 * being free. With every column listed it cuts off exactly the one mask.
 */
export function differsFrom(mask: ArrayLike<number>, columns: ArrayLike<number>): ExtraRow {
  const coefficients = new Int32Array(columns.length);
  let ones = 0;
  for (let at = 0; at < columns.length; at++) {
    coefficients[at] = mask[columns[at]] ? -1 : 1;
    if (mask[columns[at]]) ones++;
  }
  return { columns, coefficients, bound: 1 - ones };
}
