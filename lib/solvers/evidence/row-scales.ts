import type { IntegerProblem } from '../../masks/integer-rows.js';
import type { CsrMaskProblem } from '../../masks/problem.js';

/**
 * For every row the exponent of the power of two by which it was multiplied before it was rounded up to `ceiling`, read off
 * its largest entry. Any exponent makes rows that follow; this one makes those that the proofs were found for.
 */
export function rowScales(
  { offsets, columns, coefficients }: CsrMaskProblem,
  ceiling: IntegerProblem,
): number[] {
  return Array.from(ceiling.bounds, (_, row) => {
    let largest = 0;
    let column = -1;
    for (let at = ceiling.offsets[row]; at < ceiling.offsets[row + 1]; at++) {
      if (Math.abs(ceiling.coefficients[at]) <= largest) continue;
      largest = Math.abs(ceiling.coefficients[at]);
      column = ceiling.columns[at];
    }
    let given = 0;
    for (let at = offsets[row]; at < offsets[row + 1]; at++)
      if (columns[at] === column) given += coefficients[at];
    const scale = Math.round(Math.log2(largest) - Math.log2(Math.abs(given)));
    return Math.abs(scale) <= LARGEST_SCALE ? scale : 0;
  });
}

/** What the format takes; a denormal in 20 bits needs 1094. */
const LARGEST_SCALE = 1200;
