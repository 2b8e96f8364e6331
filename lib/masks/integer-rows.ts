import type { CsrMaskProblem } from './problem.js';

/**
 * Minimise Σ M_j subject to Σ_j coefficients·M ≥ bounds, every row, M ∈ {0,1}: integers only, so every solver
 * and every order of summation agrees. Row i owns entries offsets[i] … offsets[i+1]; a column occurs at most
 * once in a row; a coefficient may be 0. In every row Σ|coefficient| < 2^31 and |bound| ≤ 2^31.
 */
export interface IntegerProblem {
  variables: number;
  /** Length rows + 1. */
  offsets: Uint32Array;
  columns: Uint32Array;
  coefficients: Int32Array;
  /** Length rows; integers. */
  bounds: Float64Array;
}

/** The two roundings of one problem; both share `offsets` and `columns`. */
export interface RoundedRows {
  /** Every mask it accepts is truly feasible, and holds in float64 in any order of summation. */
  floor: IntegerProblem;
  /** It accepts every truly feasible mask: its optimum is a lower bound. */
  ceiling: IntegerProblem;
}

/** Bits of a row's largest coefficient (Z3 refuses larger ones, and sums of 2^31 and more). */
export const COEFFICIENT_BITS = 20;
const LARGEST_SUM = 2 ** 31 - 2;

/**
 * Rounds every row of a validated problem to integers, once towards the strict side and once away from it.
 *
 * A row is multiplied by a power of two, which is exact. With ã = ⌊a·2^s⌋ and L = lower·2^s,
 * Σ ã M ≥ ⌊L + margin⌋ + 1 implies Σ a M > lower, and Σ a M > lower implies Σ ⌈a·2^s⌉ M ≥ ⌊L⌋ + 1.
 * The margin covers the rounding of a float64 sum in any order.
 */
export function roundRows(problem: CsrMaskProblem, bits = COEFFICIENT_BITS): RoundedRows {
  const rows = problem.lower.length;
  const entries = problem.offsets[rows];
  const offsets = new Uint32Array(rows + 1);
  const columns = new Uint32Array(entries);
  const low = new Int32Array(entries);
  const high = new Int32Array(entries);
  const lowBounds = new Float64Array(rows);
  const highBounds = new Float64Array(rows);
  // Where a column stands in the row being written, to merge columns that a row names twice.
  const position = new Int32Array(problem.variables).fill(-1);
  let write = 0;

  for (let row = 0; row < rows; row++) {
    const begin = problem.offsets[row];
    const end = problem.offsets[row + 1];
    const start = write;
    let scale = rowScale(problem.coefficients, begin, end, bits);
    for (;;) {
      write = start;
      for (let at = begin; at < end; at++) {
        const coefficient = problem.coefficients[at];
        if (coefficient === 0) continue;
        const column = problem.columns[at];
        let to = position[column];
        if (to < start) {
          to = write++;
          position[column] = to;
          columns[to] = column;
        }
        const scaled = timesPowerOfTwo(coefficient, scale);
        // A coefficient that underflows still counts: one unit on its own side.
        low[to] += scaled === 0 ? (coefficient < 0 ? -1 : 0) : Math.floor(scaled);
        high[to] += scaled === 0 ? (coefficient > 0 ? 1 : 0) : Math.ceil(scaled);
      }
      for (let at = start; at < write; at++) position[columns[at]] = -1;
      // Entries of one column have been added up: the sum must not take more bits either.
      let largest = 0;
      for (let at = start; at < write; at++)
        largest = Math.max(largest, Math.abs(low[at]), Math.abs(high[at]));
      if (largest <= 2 ** bits) break;
      scale -= Math.ceil(Math.log2(largest / 2 ** bits));
      low.fill(0, start, write);
      high.fill(0, start, write);
    }
    offsets[row + 1] = write;

    const lower = problem.lower[row];
    let limit = timesPowerOfTwo(lower, scale);
    if (limit === 0 && lower < 0) limit = -0.5;
    const whole = Math.floor(limit);
    let magnitude = Math.abs(limit);
    for (let at = start; at < write; at++) magnitude += Math.max(Math.abs(low[at]), Math.abs(high[at]));
    const margin = magnitude * (end - begin + 2) * 2 ** -52;
    const strict =
      Number.isFinite(limit) && limit - whole + margin >= 1 ? whole + 1 + Math.ceil(margin) : whole + 1;
    lowBounds[row] = clampBound(strict, low, start, write);
    highBounds[row] = clampBound(whole + 1, high, start, write);
  }
  const shared = { variables: problem.variables, offsets, columns: columns.slice(0, write) };
  return {
    floor: { ...shared, coefficients: low.slice(0, write), bounds: lowBounds },
    ceiling: { ...shared, coefficients: high.slice(0, write), bounds: highBounds },
  };
}

/** The exponent s for which the row's coefficients times 2^s fit `bits` bits and their sum fits 31. */
function rowScale(coefficients: Float64Array, begin: number, end: number, bits: number): number {
  let largest = 0;
  for (let at = begin; at < end; at++) largest = Math.max(largest, Math.abs(coefficients[at]));
  if (largest === 0) return 0;
  let scale = bits - binaryExponent(largest);
  let sum = 0;
  for (let at = begin; at < end; at++) sum += Math.abs(timesPowerOfTwo(coefficients[at], scale));
  // Rounding away from zero adds at most one unit an entry.
  while (sum + (end - begin) > LARGEST_SUM && sum > 0) {
    sum /= 2;
    scale -= 1;
  }
  return scale;
}

/** The e for which 2^(e−1) ≤ value < 2^e. */
function binaryExponent(value: number): number {
  let exponent = Math.floor(Math.log2(value)) + 1;
  // log2 rounds; near a power of two it may be off by one.
  if (timesPowerOfTwo(value, -exponent) >= 1) exponent++;
  else if (timesPowerOfTwo(value, -exponent) < 0.5) exponent--;
  return exponent;
}

/** value · 2^exponent; exact unless the result leaves the range of doubles. In steps, as 2^exponent may not fit. */
function timesPowerOfTwo(value: number, exponent: number): number {
  while (exponent > 1000) {
    value *= 2 ** 1000;
    exponent -= 1000;
  }
  while (exponent < -1000) {
    value *= 2 ** -1000;
    exponent += 1000;
  }
  return value * 2 ** exponent;
}

/** Bounds no sum can reach, or every sum reaches, are pulled to the nearest such bound: they stay small. */
function clampBound(bound: number, coefficients: Int32Array, begin: number, end: number): number {
  let least = 0;
  let most = 0;
  for (let at = begin; at < end; at++) {
    if (coefficients[at] < 0) least += coefficients[at];
    else most += coefficients[at];
  }
  return Math.max(least, Math.min(bound, most + 1));
}

/** Σ coefficients·M of a row. Exact: sums stay below 2^31. */
function integerRowSum(problem: IntegerProblem, row: number, mask: ArrayLike<number>): number {
  let sum = 0;
  for (let at = problem.offsets[row]; at < problem.offsets[row + 1]; at++) {
    if (mask[problem.columns[at]]) sum += problem.coefficients[at];
  }
  return sum;
}

/** Does the mask satisfy every row? */
export function satisfiesIntegerRows(problem: IntegerProblem, mask: ArrayLike<number>): boolean {
  for (let row = 0; row < problem.bounds.length; row++) {
    if (integerRowSum(problem, row, mask) < problem.bounds[row]) return false;
  }
  return true;
}
