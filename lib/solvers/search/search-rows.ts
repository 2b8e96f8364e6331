import { indexColumns } from '../../masks/columns.js';
import type { IntegerProblem } from '../../masks/integer-rows.js';

/** The rows of a problem by row and by column, and what a search measures violation with. Never written to. */
export class SearchRows {
  readonly variables: number;
  readonly rows: number;
  /** By row: entries offsets[i] … offsets[i+1]. */
  readonly offsets: Int32Array;
  readonly columns: Int32Array;
  readonly values: Int32Array;
  readonly bounds: Int32Array;
  /** By column: entries starts[j] … starts[j+1]. */
  readonly starts: Int32Array;
  readonly rowOf: Int32Array;
  readonly valueOf: Int32Array;
  /** Columns of positive coefficients, by row: helpful[helpfulStarts[i]] … */
  readonly helpfulStarts: Int32Array;
  readonly helpful: Int32Array;
  /** One over a row's largest coefficient: a deficit times this counts the best variables that are missing. */
  readonly unit: Float64Array;
  /** Largest |coefficient| of a row. A slack beyond it is safe from any one flip. */
  readonly reach: Int32Array;

  constructor(problem: IntegerProblem) {
    const rows = (this.rows = problem.bounds.length);
    this.variables = problem.variables;
    const entries = problem.offsets[rows];
    this.offsets = Int32Array.from(problem.offsets);
    this.columns = Int32Array.from(problem.columns.subarray(0, entries));
    this.values = problem.coefficients.slice(0, entries);
    this.bounds = new Int32Array(rows);
    const { starts, rowOf, entryOf } = indexColumns(problem);
    this.starts = starts;
    this.rowOf = rowOf;
    this.valueOf = Int32Array.from(entryOf, (at) => this.values[at]);
    this.helpfulStarts = new Int32Array(rows + 1);
    this.unit = new Float64Array(rows);
    this.reach = new Int32Array(rows);

    const helpful = new Int32Array(entries);
    let helpfulCount = 0;
    for (let row = 0; row < rows; row++) {
      let least = 0;
      let greatest = 0;
      let most = 0;
      for (let at = this.offsets[row]; at < this.offsets[row + 1]; at++) {
        const value = this.values[at];
        if (value > 0) helpful[helpfulCount++] = this.columns[at];
        if (value > most) most = value;
        if (value < 0) least += value;
        else greatest += value;
        this.reach[row] = Math.max(this.reach[row], Math.abs(value));
      }
      // A bound out of every sum's reach is pulled next to it, so that slacks fit 32 bits.
      this.bounds[row] = Math.max(least, Math.min(greatest + 1, problem.bounds[row]));
      this.helpfulStarts[row + 1] = helpfulCount;
      this.unit[row] = most > 0 ? 1 / most : 1;
    }
    this.helpful = helpful.slice(0, helpfulCount);
  }
}
