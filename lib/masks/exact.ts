import type { CsrMaskProblem } from './problem.js';

/**
 * Exact evaluation of rows on the doubles they were given in. Every finite double is an integer times 2^-1074,
 * so Σ a_j M_j − lower has a sign that BigInt arithmetic decides without error. A floating-point filter answers
 * the clear cases first.
 */

const UNIT_ROUNDOFF = 2 ** -53;
const view = new DataView(new ArrayBuffer(8));

/** A finite double as mantissa · 2^exponent with an integer mantissa. */
export function decompose(value: number): { mantissa: bigint; exponent: number } {
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const magnitude = biased === 0 ? fraction : fraction | 0x10000000000000n;
  const exponent = biased === 0 ? -1074 : biased - 1075;
  return { mantissa: value < 0 ? -magnitude : magnitude, exponent };
}

/** Doubles as integers over one common power of two: values[i] = integers[i] · 2^exponent exactly. */
export function commonIntegers(values: ArrayLike<number>): { integers: bigint[]; exponent: number } {
  const parts = Array.from(values, decompose);
  let exponent = Infinity;
  for (const part of parts) if (part.mantissa !== 0n) exponent = Math.min(exponent, part.exponent);
  if (exponent === Infinity) return { integers: parts.map(() => 0n), exponent: 0 };
  return {
    integers: parts.map((part) =>
      part.mantissa === 0n ? 0n : part.mantissa << BigInt(part.exponent - exponent),
    ),
    exponent,
  };
}

/** Sign of Σ_{j: M_j = 1} a_ij − lower_i in exact arithmetic: −1, 0 or 1. The row holds when it is 1. */
export function exactRowSign(problem: CsrMaskProblem, row: number, mask: ArrayLike<number>): -1 | 0 | 1 {
  const margin = rowMargin(problem, row, mask);
  if (margin.difference > margin.error) return 1;
  if (margin.difference < -margin.error) return -1;
  const terms = [-problem.lower[row]];
  for (let at = problem.offsets[row]; at < problem.offsets[row + 1]; at++) {
    if (mask[problem.columns[at]]) terms.push(problem.coefficients[at]);
  }
  return exactSumSign(terms);
}

/** Sign of the exact sum of doubles. */
export function exactSumSign(terms: readonly number[]): -1 | 0 | 1 {
  let total = 0n;
  for (const integer of commonIntegers(terms).integers) total += integer;
  return total > 0n ? 1 : total < 0n ? -1 : 0;
}

/**
 * The row's float64 margin Σ a_j M_j − lower, summed in the order given, and a bound on its distance from the
 * exact one. The bound is infinite where a sum overflows, so that the caller falls back on exact arithmetic.
 */
function rowMargin(
  problem: CsrMaskProblem,
  row: number,
  mask: ArrayLike<number>,
): { difference: number; error: number } {
  let sum = 0;
  let magnitude = Math.abs(problem.lower[row]);
  let count = 1;
  for (let at = problem.offsets[row]; at < problem.offsets[row + 1]; at++) {
    if (!mask[problem.columns[at]]) continue;
    const coefficient = problem.coefficients[at];
    sum += coefficient;
    magnitude += Math.abs(coefficient);
    count++;
  }
  const difference = sum - problem.lower[row];
  // (n − 1)·u·Σ|x| for n additions in any order (Higham, Accuracy and Stability, §4.2), with room for the
  // rounding of `magnitude` itself. Additions of doubles never underflow inexactly.
  const error = magnitude * count * UNIT_ROUNDOFF * 1.01;
  if (!Number.isFinite(magnitude) || !Number.isFinite(difference)) return { difference: 0, error: Infinity };
  return { difference, error };
}

/** Does the mask satisfy every row, in exact arithmetic? */
export function satisfiesExactly(problem: CsrMaskProblem, mask: ArrayLike<number>): boolean {
  for (let row = 0; row < problem.lower.length; row++)
    if (exactRowSign(problem, row, mask) !== 1) return false;
  return true;
}

/** Does every row hold in float64 in whatever order its terms are added? Stronger than holding exactly. */
export function holdsInFloat64(problem: CsrMaskProblem, mask: ArrayLike<number>): boolean {
  for (let row = 0; row < problem.lower.length; row++) {
    const { difference, error } = rowMargin(problem, row, mask);
    // Once for the distance from the exact margin to ours, once for the distance to any other order's.
    // Sums of few integers are exact in every order and need no margin.
    if (!(difference > 2 * error) && !(difference > 0 && rowIsSmallIntegers(problem, row))) return false;
  }
  return true;
}

function rowIsSmallIntegers(problem: CsrMaskProblem, row: number): boolean {
  let magnitude = 0;
  for (let at = problem.offsets[row]; at < problem.offsets[row + 1]; at++) {
    const coefficient = problem.coefficients[at];
    if (!Number.isInteger(coefficient)) return false;
    magnitude += Math.abs(coefficient);
  }
  return magnitude < 2 ** 53;
}
