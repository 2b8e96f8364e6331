import type { DualEvidence } from '../bound-evidence.js';
import type { IntegerProblem } from '../../masks/integer-rows.js';

/** The bound that multipliers and cuts just made prove, in exact arithmetic, rounded up; cuts are believed here. */
export function exactDual(problem: IntegerProblem, evidence: DualEvidence): number {
  const one = 1n << BigInt(evidence.scale);
  const reduced = new Array<bigint>(problem.variables).fill(one);
  let total = 0n;
  for (const { row, multiplier } of evidence.rows) {
    const factor = BigInt(multiplier);
    total += factor * BigInt(problem.bounds[row]);
    for (let at = problem.offsets[row]; at < problem.offsets[row + 1]; at++) {
      reduced[problem.columns[at]] -= factor * BigInt(problem.coefficients[at]);
    }
  }
  for (const cut of evidence.cuts) {
    const factor = BigInt(cut.multiplier);
    total += factor * BigInt(cut.bound);
    cut.columns.forEach((column, at) => {
      reduced[column] -= factor * BigInt(cut.coefficients[at]);
    });
  }
  for (const cost of reduced) if (cost < 0n) total += cost;
  // Ceiling division; a size is never negative.
  return total <= 0n ? 0 : Number((total + one - 1n) / one);
}
