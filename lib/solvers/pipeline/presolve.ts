import type { SolveReport } from '../../api/solution.js';
import { indexColumns } from '../../masks/columns.js';
import { exactRowSign } from '../../masks/exact.js';
import type { IntegerProblem, RoundedRows } from '../../masks/integer-rows.js';
import type { CsrMaskProblem } from '../../masks/problem.js';

/** How many rows and variables presolve dealt with, and by which argument. */
type PresolveCounts = SolveReport['presolve'];

export interface PresolvedRows {
  infeasible: boolean;
  counts: PresolveCounts;
  /** One entry a variable: 0 or 1 where presolve decided, 2 where it is still free. */
  values: Uint8Array;
  /** The free variables, ascending: variable j of the reduced rows is `free[j]` of the problem. */
  free: Uint32Array;
  /** The rows that remain, ascending: row i of the reduced rows is `rows[i]` of the problem. */
  rows: Uint32Array;
  /** What remains, over the free variables that occur in it; bounds take the forced ones into account. */
  reduced: RoundedRows;
}

export interface PresolveOptions {
  /**
   * Keep every feasible mask instead of one smallest mask: only redundant rows and forced variables go.
   * For enumerating masks.
   */
  keepAll?: boolean;
}

const FREE = 2;
/** Rows over at most `TABLE_VARIABLES` variables are compared by their truth tables. */
const TABLE_VARIABLES = 9;

/**
 * Shrinks a problem to a fixpoint. Rows are dropped by the floor model (what holds there truly holds) and
 * variables are forced by the ceiling model (what is impossible there is truly impossible), so every step is
 * valid for the truth that lies between them, and so is the result for both.
 */
export function presolve(
  problem: CsrMaskProblem,
  rounded: RoundedRows,
  options: PresolveOptions = {},
): PresolvedRows {
  return new Presolve(problem, rounded, options.keepAll === true).run();
}

class Presolve {
  readonly counts: PresolveCounts = {
    redundantRows: 0,
    impliedRows: 0,
    forcedOnes: 0,
    forcedZeros: 0,
    uselessVariables: 0,
  };
  readonly floor: IntegerProblem;
  readonly ceiling: IntegerProblem;
  readonly values: Uint8Array;
  readonly alive: Uint8Array;
  /** Largest sum of the ceiling row and smallest sum of the floor row, over what is still free. */
  readonly most: Float64Array;
  readonly least: Float64Array;
  /** Live rows that a variable helps (positive ceiling coefficient). */
  readonly helped: Int32Array;
  /** Entries of every column: where in the row arrays, and of which row. */
  readonly columnOffsets: Int32Array;
  readonly columnEntries: Int32Array;
  readonly columnRows: Int32Array;
  readonly queue: number[] = [];
  readonly queued: Uint8Array;
  infeasible = false;

  constructor(
    readonly problem: CsrMaskProblem,
    rounded: RoundedRows,
    readonly keepAll: boolean,
  ) {
    this.floor = rounded.floor;
    this.ceiling = rounded.ceiling;
    const { variables, offsets, columns } = rounded.ceiling;
    const rows = rounded.ceiling.bounds.length;
    this.values = new Uint8Array(variables).fill(FREE);
    this.alive = new Uint8Array(rows).fill(1);
    this.most = new Float64Array(rows);
    this.least = new Float64Array(rows);
    this.helped = new Int32Array(variables);
    this.queued = new Uint8Array(rows);
    const { starts, entryOf, rowOf } = indexColumns(rounded.ceiling);
    this.columnOffsets = starts;
    this.columnEntries = entryOf;
    this.columnRows = rowOf;
    for (let row = 0; row < rows; row++) {
      for (let at = offsets[row]; at < offsets[row + 1]; at++) {
        const high = this.ceiling.coefficients[at];
        const low = this.floor.coefficients[at];
        if (high > 0) {
          this.most[row] += high;
          this.helped[columns[at]]++;
        }
        if (low < 0) this.least[row] += low;
      }
    }
  }

  run(): PresolvedRows {
    for (let row = 0; row < this.alive.length; row++) this.enqueue(row);
    this.settle();
    if (!this.keepAll) this.dropUselessVariables();
    while (!this.infeasible && this.compareRows()) this.settle();
    return this.result();
  }

  enqueue(row: number): void {
    if (this.queued[row] || !this.alive[row]) return;
    this.queued[row] = 1;
    this.queue.push(row);
  }

  /** Looks at queued rows until nothing follows any more. */
  settle(): void {
    while (this.queue.length > 0 && !this.infeasible) {
      const row = this.queue.pop()!;
      this.queued[row] = 0;
      if (this.alive[row]) this.look(row);
    }
  }

  look(row: number): void {
    const { offsets, columns, coefficients, bounds } = this.ceiling;
    if (this.most[row] < bounds[row]) {
      this.infeasible = true;
      return;
    }
    if (this.least[row] >= this.floor.bounds[row]) {
      this.counts.redundantRows++;
      this.drop(row);
      return;
    }
    let free = 0;
    for (let at = offsets[row]; at < offsets[row + 1]; at++) {
      const variable = columns[at];
      if (this.values[variable] !== FREE) continue;
      free++;
      const coefficient = coefficients[at];
      if (this.most[row] - Math.abs(coefficient) >= bounds[row]) continue;
      if (coefficient > 0) this.counts.forcedOnes++;
      else this.counts.forcedZeros++;
      this.fix(variable, coefficient > 0 ? 1 : 0);
      if (this.infeasible) return;
    }
    if (free === 0) this.decide(row);
  }

  /** A row without free variables that the roundings disagree on: exact arithmetic knows. */
  decide(row: number): void {
    if (exactRowSign(this.problem, row, this.values) === 1) {
      this.counts.redundantRows++;
      this.drop(row);
    } else this.infeasible = true;
  }

  drop(row: number): void {
    const { offsets, columns, coefficients } = this.ceiling;
    this.alive[row] = 0;
    for (let at = offsets[row]; at < offsets[row + 1]; at++) {
      if (coefficients[at] <= 0) continue;
      const variable = columns[at];
      if (--this.helped[variable] === 0 && this.values[variable] === FREE && !this.keepAll) {
        this.counts.uselessVariables++;
        this.fix(variable, 0);
      }
    }
  }

  dropUselessVariables(): void {
    for (let variable = 0; variable < this.values.length && !this.infeasible; variable++) {
      if (this.values[variable] !== FREE || this.helped[variable] > 0) continue;
      this.counts.uselessVariables++;
      this.fix(variable, 0);
      this.settle();
    }
  }

  fix(variable: number, value: 0 | 1): void {
    this.values[variable] = value;
    for (let k = this.columnOffsets[variable]; k < this.columnOffsets[variable + 1]; k++) {
      const at = this.columnEntries[k];
      const row = this.columnRows[k];
      const high = this.ceiling.coefficients[at];
      const low = this.floor.coefficients[at];
      if (value === 1) {
        if (high < 0) this.most[row] += high;
        if (low > 0) this.least[row] += low;
      } else {
        if (high > 0) this.most[row] -= high;
        if (low < 0) this.least[row] -= low;
      }
      this.enqueue(row);
    }
  }

  /**
   * Rows over the same few free variables, as a bank of filters makes them: those that the truth table of the
   * others' conjunction implies are dropped. Returns whether anything changed.
   */
  compareRows(): boolean {
    const groups = new Map<string, number[]>();
    for (let row = 0; row < this.alive.length; row++) {
      if (!this.alive[row]) continue;
      const free = this.freeEntries(row);
      if (free.length === 0 || free.length > TABLE_VARIABLES) continue;
      const key = free
        .map((at) => this.ceiling.columns[at])
        .sort((a, b) => a - b)
        .join();
      const group = groups.get(key);
      if (group) group.push(row);
      else groups.set(key, [row]);
    }
    let changed = false;
    for (const group of groups.values()) if (group.length > 1 && this.thinGroup(group)) changed = true;
    return changed;
  }

  /** Drops rows of a group that the rest imply: whatever the rest's ceiling rows accept, the row's floor row does. */
  thinGroup(group: number[]): boolean {
    const tables = group.map((row) => ({
      row,
      ceiling: this.truthTable(row, this.ceiling),
      floor: this.truthTable(row, this.floor),
    }));
    // The loosest rows first: they are the likeliest to follow from the rest.
    tables.sort((a, b) => count(b.ceiling) - count(a.ceiling) || a.row - b.row);
    /** How many of the rows still kept reject an assignment. */
    const rejections = new Uint16Array(tables[0].ceiling.length);
    for (const { ceiling } of tables)
      for (let i = 0; i < ceiling.length; i++) rejections[i] += 1 - ceiling[i];
    let dropped = 0;
    for (const { row, ceiling, floor } of tables) {
      // Implied: no assignment that the others let through is rejected by the row's own floor model.
      if (ceiling.some((accepted, i) => rejections[i] === 1 - accepted && floor[i] === 0)) continue;
      for (let i = 0; i < ceiling.length; i++) rejections[i] -= 1 - ceiling[i];
      dropped++;
      this.counts.impliedRows++;
      this.drop(row);
      if (this.infeasible) break;
    }
    return dropped > 0;
  }

  freeEntries(row: number): number[] {
    const { offsets, columns } = this.ceiling;
    const entries: number[] = [];
    for (let at = offsets[row]; at < offsets[row + 1]; at++)
      if (this.values[columns[at]] === FREE) entries.push(at);
    return entries;
  }

  /** For every assignment of the row's free variables, ascending columns being bits 0, 1, …: is it accepted? */
  truthTable(row: number, model: IntegerProblem): Uint8Array {
    const entries = this.freeEntries(row).sort((a, b) => model.columns[a] - model.columns[b]);
    const bound = model.bounds[row] - this.fixedSum(row, model);
    const table = new Uint8Array(1 << entries.length);
    const sums = new Float64Array(table.length);
    for (let bits = 0; bits < table.length; bits++) {
      if (bits > 0) {
        const highest = 31 - Math.clz32(bits);
        sums[bits] = sums[bits ^ (1 << highest)] + model.coefficients[entries[highest]];
      }
      table[bits] = sums[bits] >= bound ? 1 : 0;
    }
    return table;
  }

  fixedSum(row: number, model: IntegerProblem): number {
    let sum = 0;
    for (let at = model.offsets[row]; at < model.offsets[row + 1]; at++) {
      if (this.values[model.columns[at]] === 1) sum += model.coefficients[at];
    }
    return sum;
  }

  result(): PresolvedRows {
    const rows = this.infeasible ? new Uint32Array(0) : indicesOf(this.alive, 1);
    const free = this.infeasible ? new Uint32Array(0) : indicesOf(this.values, FREE);
    const index = new Int32Array(this.values.length).fill(-1);
    free.forEach((variable, j) => (index[variable] = j));
    const offsets = new Uint32Array(rows.length + 1);
    const entries: number[] = [];
    rows.forEach((row, i) => {
      for (const at of this.freeEntries(row)) entries.push(at);
      offsets[i + 1] = entries.length;
    });
    const columns = Uint32Array.from(entries, (at) => index[this.ceiling.columns[at]]);
    const reduce = (model: IntegerProblem): IntegerProblem => ({
      variables: free.length,
      offsets,
      columns,
      coefficients: Int32Array.from(entries, (at) => model.coefficients[at]),
      bounds: Float64Array.from(rows, (row) => model.bounds[row] - this.fixedSum(row, model)),
    });
    return {
      infeasible: this.infeasible,
      counts: this.counts,
      values: this.values,
      free,
      rows,
      reduced: { floor: reduce(this.floor), ceiling: reduce(this.ceiling) },
    };
  }
}

function indicesOf(array: Uint8Array, value: number): Uint32Array {
  let total = 0;
  for (const entry of array) if (entry === value) total++;
  const indices = new Uint32Array(total);
  let write = 0;
  for (let i = 0; i < array.length; i++) if (array[i] === value) indices[write++] = i;
  return indices;
}

function count(table: Uint8Array): number {
  let total = 0;
  for (const accepted of table) total += accepted;
  return total;
}
