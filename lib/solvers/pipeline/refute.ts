import { commonIntegers, exactRowSign } from '../../masks/exact.js';
import type { CsrMaskProblem } from '../../masks/problem.js';
import type { ExtraRow } from '../../masks/extra-rows.js';

/**
 * Rows that hold for every truly feasible mask but not for this one, one for each row of the truth that the mask
 * breaks. Empty when the mask is truly feasible.
 *
 * A broken row needs at least one of the variables that would raise its sum to change. Those that change
 * nothing, even all together, are left out, smallest coefficients first, so that the clause cuts off every other
 * mask that fails for the same reason. Variables from `variables` on are constants.
 */
export function refutations(truth: CsrMaskProblem, mask: ArrayLike<number>, variables: number): ExtraRow[] {
  const clauses: ExtraRow[] = [];
  for (let row = 0; row < truth.lower.length; row++) {
    if (exactRowSign(truth, row, mask) !== 1) clauses.push(refutingClause(truth, row, mask, variables));
  }
  return clauses;
}

function refutingClause(
  truth: CsrMaskProblem,
  row: number,
  mask: ArrayLike<number>,
  variables: number,
): ExtraRow {
  const begin = truth.offsets[row];
  const end = truth.offsets[row + 1];
  const { integers } = commonIntegers([...truth.coefficients.subarray(begin, end), truth.lower[row]]);
  let missing = integers[end - begin];
  const coefficients = new Map<number, bigint>();
  for (let at = begin; at < end; at++) {
    const column = truth.columns[at];
    if (mask[column]) missing -= integers[at - begin];
    if (column < variables) coefficients.set(column, (coefficients.get(column) ?? 0n) + integers[at - begin]);
  }
  // The row reads Σ ≤ lower now; what a change of each variable would add to its sum:
  const gains = [...coefficients]
    .map(([column, coefficient]) => ({ column, gain: mask[column] ? -coefficient : coefficient }))
    .filter(({ gain }) => gain > 0n)
    .sort((a, b) => (a.gain < b.gain ? -1 : a.gain > b.gain ? 1 : a.column - b.column));
  let harmless = 0;
  while (harmless < gains.length && gains[harmless].gain <= missing) missing -= gains[harmless++].gain;
  const columns = gains.slice(harmless).map(({ column }) => column);
  const ones = columns.reduce((sum, column) => sum + (mask[column] ? 1 : 0), 0);
  return { columns, coefficients: columns.map((column) => (mask[column] ? -1 : 1)), bound: 1 - ones };
}
