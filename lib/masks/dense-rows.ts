import type { IntegerProblem } from './integer-rows.js';

/** Rows so long are for branch and bound on the linear relaxation. */
export function hasDenseRows({ columns, bounds }: IntegerProblem): boolean {
  return columns.length >= 24 * bounds.length;
}
