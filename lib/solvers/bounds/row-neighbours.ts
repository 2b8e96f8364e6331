import { indexColumns } from '../../masks/columns.js';
import type { IntegerProblem } from '../../masks/integer-rows.js';
import { LARGEST_FACTOR } from './row-cut.js';
import type { RowSum } from '../bound-evidence.js';
import type { Random } from '../../random.js';

/** How many rows are added up at most, besides the first. */
const PARTNERS = 2;
/** Rows over more than `LONGEST_SUM` columns are not looked at again and again. */
const LONGEST_SUM = 160;

/** Sums of rows that share many columns, weighted as the relaxation's multipliers weigh them. */
export class RowNeighbours {
  readonly rows: number;
  readonly #starts: Int32Array;
  readonly #rowOf: Int32Array;
  readonly #shared: Uint16Array;
  readonly #largest: Float64Array;
  readonly #problem: IntegerProblem;

  constructor(problem: IntegerProblem) {
    this.#problem = problem;
    const { offsets, coefficients, bounds } = problem;
    this.rows = bounds.length;
    const { starts, rowOf } = indexColumns(problem);
    this.#starts = starts;
    this.#rowOf = rowOf;
    this.#shared = new Uint16Array(this.rows);
    this.#largest = new Float64Array(this.rows);
    for (let row = 0; row < this.rows; row++) {
      for (let at = offsets[row]; at < offsets[row + 1]; at++) {
        this.#largest[row] = Math.max(this.#largest[row], Math.abs(coefficients[at]));
      }
    }
  }

  /** The row with one or two rows that share columns with it and matter to the relaxation; null: there is none. */
  sum(row: number, multipliers: Float64Array, random: Random): RowSum | null {
    const { offsets, columns } = this.#problem;
    const seen: number[] = [];
    for (let at = offsets[row]; at < offsets[row + 1]; at++) {
      const column = columns[at];
      const from = this.#starts[column];
      // A column of very many rows says little about neighbourhood.
      const until = Math.min(this.#starts[column + 1], from + 64);
      for (let entry = from; entry < until; entry++) {
        const other = this.#rowOf[entry];
        if (other === row || !(multipliers[other] > 0)) continue;
        if (this.#shared[other]++ === 0) seen.push(other);
      }
    }
    const wanted = 1 + random.below(PARTNERS);
    const chosen: number[] = [];
    let length = offsets[row + 1] - offsets[row];
    for (let attempt = 0; attempt < 12 && chosen.length < wanted && seen.length > 0; attempt++) {
      const first = seen[random.below(seen.length)];
      const second = seen[random.below(seen.length)];
      const other = this.#shared[first] >= this.#shared[second] ? first : second;
      const added = offsets[other + 1] - offsets[other] - this.#shared[other];
      if (chosen.includes(other) || length + added > LONGEST_SUM) continue;
      chosen.push(other);
      length += added;
    }
    for (const other of seen) this.#shared[other] = 0;
    if (chosen.length === 0) return null;
    const rows = [row, ...chosen];
    // A row of no weight of its own joins as if it weighed as much as its largest partner.
    const weights = rows.map((one) => multipliers[one]);
    if (!(weights[0] > 0)) {
      weights[0] =
        (Math.max(...weights.map((weight, at) => weight * this.#largest[rows[at]])) || 1) /
        this.#largest[row];
    }
    const most = Math.max(...weights);
    const times = weights.map((weight) =>
      Math.max(1, Math.min(LARGEST_FACTOR, Math.round((weight / most) * 32))),
    );
    return { rows, times };
  }
}
