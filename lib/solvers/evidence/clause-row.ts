import { exactSumSign } from '../../masks/exact.js';
import type { ExtraRow } from '../../masks/extra-rows.js';
import type { CsrMaskProblem } from '../../masks/problem.js';

/**
 * The row that a clause follows from: it cannot hold under the pattern that the clause forbids (0 where the clause has
 * coefficient 1, 1 where it has −1), whatever the other columns are. The last column is always 1.
 * @throws RangeError where there is none: clauses are made from such rows
 */
export function clauseRow(doubles: CsrMaskProblem, { columns, coefficients }: ExtraRow): number {
  const pattern = new Map<number, number>([[doubles.variables - 1, 1]]);
  for (let at = 0; at < columns.length; at++) pattern.set(columns[at], coefficients[at] === 1 ? 0 : 1);
  for (let row = 0; row < doubles.lower.length; row++) {
    const free = new Map<number, number[]>();
    const terms = [-doubles.lower[row]];
    for (let at = doubles.offsets[row]; at < doubles.offsets[row + 1]; at++) {
      const value = pattern.get(doubles.columns[at]);
      if (value === 1) terms.push(doubles.coefficients[at]);
      else if (value === undefined) {
        // A column may occur twice in a row: its entries are taken together.
        const entries = free.get(doubles.columns[at]);
        if (entries) entries.push(doubles.coefficients[at]);
        else free.set(doubles.columns[at], [doubles.coefficients[at]]);
      }
    }
    for (const entries of free.values()) if (exactSumSign(entries) === 1) terms.push(...entries);
    if (exactSumSign(terms) !== 1) return row;
  }
  throw new RangeError('A clause follows from none of its rows.');
}
