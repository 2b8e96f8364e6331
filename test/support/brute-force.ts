// The oracle for everything that solves mask problems: every mask, every row, in exact arithmetic.
import type { MaskProblem } from '../../dist/masks/problem.js';

/** value = mantissa · 2^exponent, by repeated exact doubling: independent of lib/masks/exact.ts. */
function exactly(value: number): { mantissa: bigint; exponent: number } {
  let exponent = 0;
  while (!Number.isInteger(value)) {
    value *= 2;
    exponent--;
  }
  return { mantissa: BigInt(value), exponent };
}

/** All of a problem's numbers of one row as integers over one power of two. */
function exactRow(row: MaskProblem['rows'][number]): { coefficients: bigint[]; lower: bigint } {
  const parts = [...Array.from(row.coefficients), row.lower].map(exactly);
  const least = Math.min(0, ...parts.map(({ exponent }) => exponent));
  const integers = parts.map(({ mantissa, exponent }) => mantissa << BigInt(exponent - least));
  return { coefficients: integers.slice(0, -1), lower: integers.at(-1)! };
}

/** One byte a mask (bit j of its number is variable j): 1 where every row holds. For at most 20 variables. */
export function feasibleMasks(problem: MaskProblem): Uint8Array {
  if (problem.variables > 20) throw new RangeError('brute force: too many variables');
  const count = 1 << problem.variables;
  const feasible = new Uint8Array(count).fill(1);
  for (const row of problem.rows) {
    const { coefficients, lower } = exactRow(row);
    const byVariable = new Array<bigint>(problem.variables).fill(0n);
    coefficients.forEach((coefficient, at) => (byVariable[row.columns[at]] += coefficient));
    // Integers whose sums stay below 2^53 are exact as numbers, and much faster.
    const magnitude = [...byVariable, lower].reduce((sum, value) => sum + (value < 0n ? -value : value), 0n);
    if (magnitude < 2n ** 53n) refute(feasible, byVariable.map(Number), Number(lower), 0, (a, b) => a + b);
    else refute(feasible, byVariable, lower, 0n, (a, b) => a + b);
  }
  return feasible;
}

/** Clears the masks whose sum does not exceed `lower`. */
function refute<T>(feasible: Uint8Array, byVariable: T[], lower: T, zero: T, add: (a: T, b: T) => T): void {
  const sums = new Array<T>(feasible.length);
  sums[0] = zero;
  for (let bits = 0; bits < feasible.length; bits++) {
    if (bits > 0) {
      const highest = 31 - Math.clz32(bits);
      sums[bits] = add(sums[bits ^ (1 << highest)], byVariable[highest]);
    }
    if (sums[bits] <= lower) feasible[bits] = 0;
  }
}

export interface BruteForce {
  status: 'optimal' | 'infeasible';
  size: number;
  /** Numbers of all smallest feasible masks. */
  smallest: number[];
  /** How many feasible masks there are of each size. */
  bySize: number[];
}

export function bruteForce(problem: MaskProblem): BruteForce {
  const feasible = feasibleMasks(problem);
  const bySize = new Array<number>(problem.variables + 1).fill(0);
  feasible.forEach((holds, bits) => (bySize[popcount(bits)] += holds));
  const size = bySize.findIndex((count) => count > 0);
  if (size < 0) return { status: 'infeasible', size: 0, smallest: [], bySize };
  const smallest: number[] = [];
  feasible.forEach((holds, bits) => holds && popcount(bits) === size && smallest.push(bits));
  return { status: 'optimal', size, smallest, bySize };
}

function popcount(bits: number): number {
  let count = 0;
  for (; bits; bits &= bits - 1) count++;
  return count;
}

/** The number of a mask, bit j being variable j. */
export function maskNumber(mask: ArrayLike<number>): number {
  let bits = 0;
  for (let j = 0; j < mask.length; j++) if (mask[j]) bits |= 1 << j;
  return bits;
}
