import { indexColumns } from '../../masks/columns.js';
import type { IntegerProblem } from '../../masks/integer-rows.js';

export interface Enumeration {
  /** False when the node limit ended it: then `mask` is only the best found. */
  complete: boolean;
  /** A smallest accepted mask; null when there is none (or none was found). */
  mask: Uint8Array | null;
  nodes: number;
}

const FREE = 2;

/**
 * Branch and bound for small components in integer arithmetic throughout: rows propagate, disjoint rows bound
 * from below, the tightest row is branched on. Where the rows are a relaxation of the truth, `accepts` has the
 * last word on every mask, so the result is exact for the truth.
 */
export function enumerateSmallest(
  problem: IntegerProblem,
  options: { accepts?: (mask: Uint8Array) => boolean; nodeLimit?: number; below?: number } = {},
): Enumeration {
  const search = new Search(problem, options.accepts ?? (() => true), options.nodeLimit ?? Infinity);
  if (options.below !== undefined) search.bestSize = options.below;
  const complete = search.descend();
  return { complete, mask: search.best, nodes: search.nodes };
}

class Search {
  readonly values: Uint8Array;
  /** A row's sum with every free variable at its best, and with every free variable at 0. */
  readonly most: Float64Array;
  readonly now: Float64Array;
  readonly columnOffsets: Int32Array;
  readonly columnRows: Int32Array;
  readonly columnCoefficients: Int32Array;
  /** Entries of each row, largest coefficient first. */
  readonly sorted: Uint32Array;
  readonly trail: number[] = [];
  readonly marked: Uint32Array;
  mark = 0;
  ones = 0;
  best: Uint8Array | null = null;
  bestSize = Infinity;
  nodes = 0;

  constructor(
    readonly problem: IntegerProblem,
    readonly accepts: (mask: Uint8Array) => boolean,
    readonly nodeLimit: number,
  ) {
    const { variables, offsets, columns, coefficients, bounds } = problem;
    this.values = new Uint8Array(variables).fill(FREE);
    this.most = new Float64Array(bounds.length);
    this.now = new Float64Array(bounds.length);
    this.marked = new Uint32Array(variables);
    const { starts, rowOf, entryOf } = indexColumns(problem);
    this.columnOffsets = starts;
    this.columnRows = rowOf;
    this.columnCoefficients = Int32Array.from(entryOf, (at) => coefficients[at]);
    this.sorted = Uint32Array.from(columns.keys());
    for (let row = 0; row < bounds.length; row++) {
      for (let at = offsets[row]; at < offsets[row + 1]; at++) {
        if (coefficients[at] > 0) this.most[row] += coefficients[at];
      }
      this.sorted
        .subarray(offsets[row], offsets[row + 1])
        .sort((a, b) => coefficients[b] - coefficients[a] || a - b);
    }
  }

  /** Explores below the current assignment; false when the node limit ended it. Leaves the trail as it found it. */
  descend(): boolean {
    if (++this.nodes > this.nodeLimit) return false;
    const level = this.trail.length;
    const done = this.explore();
    while (this.trail.length > level) this.unset(this.trail.pop()!);
    return done;
  }

  explore(): boolean {
    if (!this.propagate() || this.ones >= this.bestSize) return true;
    const variable = this.branchVariable();
    if (variable === PRUNED) return true;
    if (variable === SATISFIED) {
      const mask = this.values.map((value) => (value === 1 ? 1 : 0));
      if (this.accepts(mask)) {
        this.best = mask;
        this.bestSize = this.ones;
        return true;
      }
      // The relaxation lets it through, the truth does not: some other completion may hold.
      const free = this.values.indexOf(FREE);
      return free < 0 || this.branch(free);
    }
    return this.branch(variable);
  }

  branch(variable: number): boolean {
    for (const value of [1, 0] as const) {
      const level = this.trail.length;
      this.set(variable, value);
      const done = this.descend();
      while (this.trail.length > level) this.unset(this.trail.pop()!);
      if (!done) return false;
    }
    return true;
  }

  set(variable: number, value: 0 | 1): void {
    this.values[variable] = value;
    this.trail.push(variable);
    this.ones += value;
    for (let at = this.columnOffsets[variable]; at < this.columnOffsets[variable + 1]; at++) {
      const coefficient = this.columnCoefficients[at];
      const row = this.columnRows[at];
      if (value === 1) {
        this.now[row] += coefficient;
        if (coefficient < 0) this.most[row] += coefficient;
      } else if (coefficient > 0) this.most[row] -= coefficient;
    }
  }

  unset(variable: number): void {
    const value = this.values[variable];
    this.values[variable] = FREE;
    this.ones -= value;
    for (let at = this.columnOffsets[variable]; at < this.columnOffsets[variable + 1]; at++) {
      const coefficient = this.columnCoefficients[at];
      const row = this.columnRows[at];
      if (value === 1) {
        this.now[row] -= coefficient;
        if (coefficient < 0) this.most[row] -= coefficient;
      } else if (coefficient > 0) this.most[row] += coefficient;
    }
  }

  /** Sets what the rows force; false when a row can no longer hold. */
  propagate(): boolean {
    const { offsets, columns, coefficients, bounds } = this.problem;
    for (let changed = true; changed;) {
      changed = false;
      for (let row = 0; row < bounds.length; row++) {
        const room = this.most[row] - bounds[row];
        if (room < 0) return false;
        for (let at = offsets[row]; at < offsets[row + 1]; at++) {
          const coefficient = coefficients[at];
          if (this.values[columns[at]] !== FREE || Math.abs(coefficient) <= room) continue;
          this.set(columns[at], coefficient > 0 ? 1 : 0);
          changed = true;
        }
        if (this.most[row] < bounds[row]) return false;
      }
    }
    return true;
  }

  /**
   * The free variable to branch on: of the unsatisfied row that leaves the least choice, the one that helps
   * most. PRUNED when disjoint rows already need too many ones.
   */
  branchVariable(): number {
    const { offsets, columns, coefficients, bounds } = this.problem;
    let choice = SATISFIED;
    let fewest = Infinity;
    let needed = 0;
    this.mark++;
    for (let row = 0; row < bounds.length; row++) {
      let missing = bounds[row] - this.now[row];
      if (missing <= 0) continue;
      let need = 0;
      let helpers = 0;
      let first = SATISFIED;
      let disjoint = true;
      for (let k = offsets[row]; k < offsets[row + 1]; k++) {
        const at = this.sorted[k];
        if (coefficients[at] <= 0) break;
        const variable = columns[at];
        if (this.values[variable] !== FREE) continue;
        if (this.marked[variable] === this.mark) disjoint = false;
        if (first === SATISFIED) first = variable;
        helpers++;
        if (missing > 0) {
          missing -= coefficients[at];
          need++;
        }
      }
      const freedom = helpers - need;
      if (freedom < fewest) {
        fewest = freedom;
        choice = first;
      }
      if (!disjoint) continue;
      needed += need;
      if (this.ones + needed >= this.bestSize) return PRUNED;
      for (let k = offsets[row]; k < offsets[row + 1]; k++) {
        const at = this.sorted[k];
        if (coefficients[at] <= 0) break;
        if (this.values[columns[at]] === FREE) this.marked[columns[at]] = this.mark;
      }
    }
    return choice;
  }
}

const SATISFIED = -1;
const PRUNED = -2;
