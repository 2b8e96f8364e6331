import type { RowSum } from '../bound-evidence.js';
import type { IntegerProblem } from '../../masks/integer-rows.js';

/** Left sides beyond this are not told apart: it keeps the dynamic program small, for makers and checkers alike. */
export const LARGEST_CUT = 255;

/** Factors of a sum are limited so that its integers stay far below 2^53; certificates take no larger ones. */
export const LARGEST_FACTOR = 1023;

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
