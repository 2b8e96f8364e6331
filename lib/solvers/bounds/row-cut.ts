import type { RowCut, RowSum } from '../bound-evidence.js';
import type { IntegerProblem } from '../../masks/integer-rows.js';

/** Left sides beyond this are not told apart: it keeps the dynamic program small, for makers and checkers alike. */
export const LARGEST_CUT = 255;

/** Factors and rows of a sum are limited so that its integers stay far below 2^53. */
export const LARGEST_FACTOR = 1023;
export const LARGEST_SUM_OF_ROWS = 64;

/**
 * One row with its negative entries complemented: Σ gain·z ≥ need over z ∈ {0,1}, gain ≥ 0, where z = M for
 * entries with a positive coefficient and z = 1 − M for the others.
 */
export interface KnapsackRow {
  columns: Int32Array;
  gain: Float64Array;
  complemented: Uint8Array;
  need: number;
}

export function knapsackRow(problem: IntegerProblem, { rows, times }: RowSum): KnapsackRow {
  const sums = new Map<number, number>();
  let need = 0;
  rows.forEach((row, index) => {
    const factor = times[index];
    need += factor * problem.bounds[row];
    for (let at = problem.offsets[row]; at < problem.offsets[row + 1]; at++) {
      const column = problem.columns[at];
      sums.set(column, (sums.get(column) ?? 0) + factor * problem.coefficients[at]);
    }
  });
  const gain = new Float64Array(sums.size);
  const complemented = new Uint8Array(sums.size);
  let item = 0;
  for (const value of sums.values()) {
    gain[item] = Math.abs(value);
    if (value < 0) {
      complemented[item] = 1;
      need -= value;
    }
    item++;
  }
  return { columns: Int32Array.from(sums.keys()), gain, complemented, need };
}

/**
 * The most gain within a cost: most[c] = max Σ gain·z with Σ cost·z ≤ c, grown item by item. Exact: gains are
 * integers with a sum below 2^53.
 */
export class GainTable {
  readonly most: Float64Array;
  /** All costs together, up to the capacity: beyond it nothing more is gained. */
  #reach = 0;

  constructor(public capacity: number) {
    this.most = new Float64Array(capacity + 1);
  }

  /** Forgets what costs more than a smaller capacity. */
  narrow(capacity: number): void {
    this.capacity = capacity;
    this.#reach = Math.min(this.#reach, capacity);
  }

  add(cost: number, gain: number): void {
    const { most, capacity } = this;
    const before = this.#reach;
    const reach = Math.min(capacity, before + cost);
    for (let spent = before + 1; spent <= reach; spent++) most[spent] = most[before];
    for (let spent = reach; spent >= cost; spent--) {
      const taken = most[spent - cost] + gain;
      if (taken > most[spent]) most[spent] = taken;
    }
    this.#reach = reach;
  }

  /** The least cost that gains `need`; capacity + 1 where none within the capacity does. */
  leastCost(need: number): number {
    const { most } = this;
    let low = 0;
    let high = this.#reach + 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (most[middle] >= need) high = middle;
      else low = middle + 1;
    }
    return low > this.#reach ? this.capacity + 1 : low;
  }
}

/**
 * The largest β for which `coefficients`·M ≥ β holds at every 0/1 point of the row (or any smaller one where the
 * left side would pass LARGEST_CUT). A cut is valid if its bound is at most this.
 *
 * Throws a RangeError unless the coefficients are integers, each of the sign of its entry in the row or zero.
 */
export function impliedBound(
  problem: IntegerProblem,
  source: RowSum,
  columns: ArrayLike<number>,
  coefficients: ArrayLike<number>,
): number {
  const knapsack = knapsackRow(problem, source);
  const cost = new Map<number, number>();
  for (let at = 0; at < columns.length; at++) {
    if (!Number.isInteger(coefficients[at]) || Math.abs(coefficients[at]) > LARGEST_CUT) {
      throw new RangeError(
        `Cut coefficients must be integers of at most ${LARGEST_CUT}, not ${coefficients[at]}.`,
      );
    }
    if (cost.has(columns[at]))
      throw new RangeError(`A cut of row ${source.rows.join('+')} names column ${columns[at]} twice.`);
    cost.set(columns[at], coefficients[at]);
  }
  const table = new GainTable(LARGEST_CUT);
  let shift = 0;
  for (let item = 0; item < knapsack.columns.length; item++) {
    const coefficient = cost.get(knapsack.columns[item]) ?? 0;
    cost.delete(knapsack.columns[item]);
    if (knapsack.complemented[item] ? coefficient > 0 : coefficient < 0) {
      throw new RangeError(
        `A cut of row ${source.rows.join('+')} has the wrong sign for column ${knapsack.columns[item]}: ${coefficient}.`,
      );
    }
    if (knapsack.complemented[item]) shift += coefficient;
    table.add(Math.abs(coefficient), knapsack.gain[item]);
  }
  // Columns that the row does not have: free, so only a negative coefficient would matter, and it may be 1.
  for (const coefficient of cost.values()) if (coefficient < 0) shift += coefficient;
  return table.leastCost(knapsack.need) + shift;
}

/** Proves a cut again. Throws a RangeError where it names what the problem does not have or does not follow from its rows. */
export function checkCut(problem: IntegerProblem, cut: RowCut): void {
  const source = cut.rows.join('+');
  if (cut.rows.length !== cut.times.length || cut.rows.length > LARGEST_SUM_OF_ROWS) {
    throw new RangeError(`A cut must come from at most ${LARGEST_SUM_OF_ROWS} rows with a factor each.`);
  }
  if (cut.times.some((factor) => !isNatural(factor) || factor < 1 || factor > LARGEST_FACTOR)) {
    throw new RangeError(
      `The factors of a cut must be from 1 to ${LARGEST_FACTOR}, not ${cut.times.join()}.`,
    );
  }
  if (cut.rows.some((row) => !isNatural(row) || row >= problem.bounds.length)) {
    throw new RangeError(`A cut names row ${source}; the problem has ${problem.bounds.length} rows.`);
  }
  if (cut.columns.length !== cut.coefficients.length) {
    throw new RangeError(`A cut of row ${source} has unequal numbers of columns and coefficients.`);
  }
  if (cut.columns.some((column) => !isNatural(column) || column >= problem.variables)) {
    throw new RangeError(`A cut of row ${source} names a column the problem does not have.`);
  }
  const implied = impliedBound(problem, cut, cut.columns, cut.coefficients);
  if (!Number.isInteger(cut.bound) || cut.bound > implied) {
    throw new RangeError(`A cut of row ${source} claims ${cut.bound}; the row implies ${implied}.`);
  }
}

function isNatural(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
