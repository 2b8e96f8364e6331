import type { DualEvidence } from '../bound-evidence.js';
import type { IntegerProblem } from '../../masks/integer-rows.js';
import { checkCut } from './row-cut.js';

/**
 * The bound the evidence proves, in exact arithmetic, rounded up. Every cut is proven again.
 * Throws a RangeError where a multiplier is not a natural number or a cut does not follow from its row.
 */
export function evaluateDual(problem: IntegerProblem, evidence: DualEvidence): number {
  if (!Number.isInteger(evidence.scale) || evidence.scale < 0 || evidence.scale > 1000) {
    throw new RangeError(
      `The scale of a dual vector must be an integer from 0 to 1000, not ${evidence.scale}.`,
    );
  }
  for (const { multiplier } of [...evidence.rows, ...evidence.cuts]) {
    if (!Number.isSafeInteger(multiplier) || multiplier < 0) {
      throw new RangeError(`Multipliers must be natural numbers, not ${multiplier}.`);
    }
  }
  for (const { row } of evidence.rows) {
    if (!Number.isInteger(row) || row < 0 || row >= problem.bounds.length) {
      throw new RangeError(`A dual vector names row ${row}; the problem has ${problem.bounds.length} rows.`);
    }
  }
  for (const cut of evidence.cuts) checkCut(problem, cut);
  return exactDual(problem, evidence);
}

/** `evaluateDual` without proving the cuts again: for multipliers and cuts just made. */
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
