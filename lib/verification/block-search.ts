import type { IntegerRow } from './exact-rows.js';
import type { Work } from './work.js';

/**
 * Sums that decide are of whole numbers below this, so float64 adds them without error. Who states larger ones is refused.
 */
export const LARGEST_EXACT = 2 ** 52;

const FREE = 2;
/** Steps of the multipliers at the root and below it, as the solver takes them: the same steering, the same nodes. */
const ROOT_STEPS = 120;
const NODE_STEPS = 12;
/** Entries one propagation may look at: a longer chain goes on in the nodes below, where signals are heard. */
const LONGEST_PROPAGATION = 20_000_000;

/** One row over a block's columns, in numbers. */
interface NumberRow {
  columns: number[];
  values: number[];
  need: number;
  /** 1 / Σ values² */
  weight: number;
  absolute: number;
}

/** Rows as numbers; null where a sum could leave the exact range. */
export function numberRows(rows: readonly IntegerRow[]): NumberRow[] | null {
  const plain: NumberRow[] = [];
  for (const { columns, values, need } of rows) {
    let absolute = need < 0n ? -need : need;
    for (const value of values) absolute += value < 0n ? -value : value;
    if (absolute >= BigInt(LARGEST_EXACT)) return null;
    const numbers = values.map(Number);
    const squares = numbers.reduce((sum, value) => sum + value * value, 0);
    plain.push({
      columns,
      values: numbers,
      need: Number(need),
      weight: 1 / (squares || 1),
      absolute: numbers.reduce((sum, value) => sum + Math.abs(value), 0),
    });
  }
  return plain;
}

/**
 * Goes through the 0/1 points of a block's rows and shows that each costs the target or more. A branch ends where a
 * row cannot hold, or where the Lagrangian bound Σ λ_i need_i + Σ_j min(0, cost_j − Σ λ_i a_ij) reaches the target;
 * a column is fixed where its other value would do either. These comparisons are between exact integers. Floating
 * point only steers: it moves λ (Polyak's steps) and picks the column to branch on, and is never believed.
 */
export class BlockSearch {
  nodes = 0;
  readonly #values: Uint8Array;
  readonly #left: number[]; // what each row still needs
  readonly #reduced: Float64Array;
  readonly #mean: Float64Array;
  readonly #rowsOf: { row: number; value: number }[][];
  readonly #costSum: number;
  readonly #trail: number[] = [];
  readonly #entries: number;
  #paid = 0;

  /** Σ|costs| and |target| must be below `LARGEST_EXACT`. */
  readonly #rows: readonly NumberRow[];
  readonly #costs: readonly number[];
  readonly #target: number;
  readonly #limit: number;
  readonly #work: Work;

  constructor(
    rows: readonly NumberRow[],
    costs: readonly number[],
    target: number,
    limit: number,
    work: Work,
  ) {
    this.#rows = rows;
    this.#costs = costs;
    this.#target = target;
    this.#limit = limit;
    this.#work = work;
    this.#values = new Uint8Array(costs.length).fill(FREE);
    this.#left = rows.map(({ need }) => need);
    this.#reduced = new Float64Array(costs.length);
    this.#mean = new Float64Array(costs.length);
    this.#rowsOf = costs.map(() => []);
    rows.forEach(({ columns, values }, row) =>
      columns.forEach((column, at) => this.#rowsOf[column].push({ row, value: values[at] })),
    );
    this.#costSum = costs.reduce((sum, cost) => sum + Math.abs(cost), 0);
    this.#entries = rows.reduce((sum, { columns }) => sum + columns.length, 0);
  }

  /** True where every point was shown to cost enough; false where one does not, or the nodes do not suffice. */
  async shows(multipliers: readonly number[]): Promise<boolean> {
    // Branches still open: the multipliers to start from, and the decision that leads there.
    const open: { lambda: Float64Array; mark: number; column: number; value: 0 | 1 }[] = [];
    let lambda = Float64Array.from(multipliers);
    let steps = ROOT_STEPS;
    for (;;) {
      if (++this.nodes > this.#limit) return false;
      if (this.#work.due(4 * steps * (this.#entries + this.#costs.length))) await this.#work.turn();
      if (this.#propagate() && !this.#ascend(lambda, steps)) {
        const column = this.#choose(lambda);
        if (column < 0) {
          if (this.#paid < this.#target) return false;
        } else {
          const first = this.#mean[column] >= 0.5 ? 0 : 1;
          const mark = this.#trail.length;
          for (const value of [1 - first, first] as (0 | 1)[]) open.push({ lambda, mark, column, value });
        }
      }
      const next = open.pop();
      if (next === undefined) return true;
      this.#undo(next.mark);
      this.#fix(next.column, next.value);
      lambda = next.lambda.slice();
      steps = NODE_STEPS;
    }
  }

  /** Fixes what rows force, as far as some sweeps go; false where one cannot hold any more. */
  #propagate(): boolean {
    let effort = LONGEST_PROPAGATION;
    for (let changed = true; changed && effort > 0; effort -= this.#entries) {
      changed = false;
      for (let row = 0; row < this.#rows.length; row++) {
        const { columns, values } = this.#rows[row];
        let slack = -this.#left[row];
        columns.forEach((column, at) => {
          if (this.#values[column] === FREE && values[at] > 0) slack += values[at];
        });
        if (slack < 0) return false;
        for (let at = 0; at < columns.length; at++) {
          if (this.#values[columns[at]] !== FREE || Math.abs(values[at]) <= slack) continue;
          this.#fix(columns[at], values[at] > 0 ? 1 : 0);
          changed = true;
        }
      }
    }
    return true;
  }

  /** Moves λ towards the target and keeps the best; true where that closes the branch. */
  #ascend(lambda: Float64Array, steps: number): boolean {
    const current = lambda.slice();
    const slopes = new Float64Array(this.#rows.length);
    let best = -Infinity;
    let stalled = 0;
    let factor = 1;
    let weight = 0;
    this.#mean.fill(0);
    for (let step = 0; step <= steps; step++) {
      const bound = this.#bound(current);
      if (bound === null) break;
      if (bound >= this.#target) return true;
      if (bound > best) {
        best = bound;
        lambda.set(current);
        stalled = 0;
        if (this.#fixByCosts(this.#target - bound) && !this.#propagate()) return true;
      } else if (++stalled >= 4) {
        factor /= 2;
        stalled = 0;
      }
      weight = 0.8 * weight + 1;
      for (let j = 0; j < this.#costs.length; j++) {
        const point = this.#values[j] === FREE ? (this.#reduced[j] < 0 ? 1 : 0) : this.#values[j];
        this.#mean[j] += (point - this.#mean[j]) / weight;
      }
      let norm = 0;
      for (let row = 0; row < this.#rows.length; row++) {
        const { columns, values, weight: own } = this.#rows[row];
        let slope = this.#left[row];
        for (let at = 0; at < columns.length; at++) {
          if (this.#values[columns[at]] === FREE && this.#reduced[columns[at]] < 0) slope -= values[at];
        }
        if (slope < 0 && current[row] === 0) slope = 0;
        slopes[row] = slope;
        norm += slope * slope * own;
      }
      if (norm === 0) break;
      const length = (factor * (this.#target - bound) * 1.05) / norm;
      for (let row = 0; row < this.#rows.length; row++) {
        if (slopes[row] === 0) continue;
        current[row] = Math.max(0, Math.floor(current[row] + length * slopes[row] * this.#rows[row].weight));
      }
    }
    return false;
  }

  /** The Lagrangian bound; fills the reduced costs. Null where its sums could be inexact. */
  #bound(lambda: Float64Array): number | null {
    let size = this.#costSum;
    for (let row = 0; row < this.#rows.length; row++) {
      const { absolute, need } = this.#rows[row];
      size += lambda[row] * (2 * absolute + Math.abs(need));
    }
    if (!(size < LARGEST_EXACT)) return null;
    let bound = this.#paid;
    for (let j = 0; j < this.#costs.length; j++) this.#reduced[j] = this.#costs[j];
    for (let row = 0; row < this.#rows.length; row++) {
      if (lambda[row] === 0) continue;
      const { columns, values } = this.#rows[row];
      bound += lambda[row] * this.#left[row];
      for (let at = 0; at < columns.length; at++) this.#reduced[columns[at]] -= lambda[row] * values[at];
    }
    for (let j = 0; j < this.#costs.length; j++) {
      if (this.#values[j] === FREE && this.#reduced[j] < 0) bound += this.#reduced[j];
    }
    return bound;
  }

  /** Fixes columns whose other value would lift the bound to the target. */
  #fixByCosts(missing: number): boolean {
    let fixed = false;
    for (let j = 0; j < this.#costs.length; j++) {
      if (this.#values[j] !== FREE || Math.abs(this.#reduced[j]) < missing) continue;
      this.#fix(j, this.#reduced[j] < 0 ? 1 : 0);
      fixed = true;
    }
    return fixed;
  }

  /** The free column that λ cares about most and the relaxation is least sure of; −1: none is free. */
  #choose(lambda: Float64Array): number {
    let chosen = -1;
    let highest = -1;
    for (let j = 0; j < this.#costs.length; j++) {
      if (this.#values[j] !== FREE) continue;
      let impact = 0;
      for (const { row, value } of this.#rowsOf[j]) impact += lambda[row] * Math.abs(value);
      const score = (0.05 + Math.min(this.#mean[j], 1 - this.#mean[j])) * (impact + 1);
      if (score > highest) [highest, chosen] = [score, j];
    }
    return chosen;
  }

  #fix(column: number, value: 0 | 1): void {
    this.#values[column] = value;
    this.#trail.push(column);
    if (value === 1) this.#count(column, 1);
  }

  #undo(mark: number): void {
    while (this.#trail.length > mark) {
      const column = this.#trail.pop()!;
      if (this.#values[column] === 1) this.#count(column, -1);
      this.#values[column] = FREE;
    }
  }

  #count(column: number, sign: 1 | -1): void {
    this.#paid += sign * this.#costs[column];
    for (const { row, value } of this.#rowsOf[column]) this.#left[row] -= sign * value;
  }
}
