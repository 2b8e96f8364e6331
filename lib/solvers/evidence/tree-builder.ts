import type { Certificate } from '../../api/certificate.js';
import { indexColumns, type ColumnIndex } from '../../masks/columns.js';
import { commonIntegers } from '../../masks/exact.js';
import type { IntegerProblem } from '../../masks/integer-rows.js';
import type { CsrMaskProblem } from '../../masks/problem.js';
import { FREE } from './component-rows.js';

type TreeProof = Extract<NonNullable<Certificate['components'][number]['proof']>, { kind: 'tree' }>;
export type Tree = TreeProof['tree'];

/** What is to be shown: that no 0/1 point satisfies all rows. */
export interface Refutation {
  /** Integer rows that the points meant satisfy: the component's, clauses, limits, in the certificate's order. */
  rows: IntegerProblem;
  /** The component's rows on doubles; one more variable, which is always 1. */
  doubles: CsrMaskProblem;
  /** The row "at most `most` ones", where there is one. */
  size: { row: number; most: number } | null;
  /** Columns that stand at a value from the start. */
  fixed?: ReadonlyMap<number, number>;
}

/**
 * Writes a refutation down as the tree that docs/certificate.md describes: a search like that of enumeration.ts, which leaves behind
 * what it branched on and why each branch ends. Null where it takes more than `nodeLimit` nodes, or where a
 * point is left after all.
 */
export function buildTree(refutation: Refutation, nodeLimit: number): { tree: Tree | null; nodes: number } {
  const builder = new TreeBuilder(refutation, nodeLimit);
  const complete = builder.descend();
  return { tree: complete ? builder.tree : null, nodes: builder.nodes };
}

class TreeBuilder {
  readonly tree: Tree = [];
  nodes = 0;
  readonly #rows: IntegerProblem;
  readonly #index: ColumnIndex;
  readonly #values: Uint8Array;
  /** A row's sum with every free variable at its best, and with every free variable at 0. */
  readonly #most: Float64Array;
  readonly #now: Float64Array;
  readonly #trail: number[] = [];
  /** Entries of each row, largest coefficient first. */
  readonly #sorted: Uint32Array;
  readonly #marked: Uint32Array;
  #mark = 0;
  #ones = 0;
  readonly #refutation: Refutation;
  readonly #nodeLimit: number;

  constructor(refutation: Refutation, nodeLimit: number) {
    this.#refutation = refutation;
    this.#nodeLimit = nodeLimit;
    const { offsets, columns, coefficients, bounds, variables } = (this.#rows = refutation.rows);
    this.#index = indexColumns(this.#rows);
    this.#values = new Uint8Array(variables).fill(FREE);
    this.#most = new Float64Array(bounds.length);
    this.#now = new Float64Array(bounds.length);
    this.#marked = new Uint32Array(variables);
    this.#sorted = Uint32Array.from(columns.keys());
    for (let row = 0; row < bounds.length; row++) {
      for (let at = offsets[row]; at < offsets[row + 1]; at++)
        if (coefficients[at] > 0) this.#most[row] += coefficients[at];
      this.#sorted
        .subarray(offsets[row], offsets[row + 1])
        .sort((a, b) => coefficients[b] - coefficients[a] || a - b);
    }
    for (const [column, value] of refutation.fixed ?? []) this.#set(column, value);
  }

  /** Writes down why nothing is left below what is decided; false where it cannot. Leaves the trail as it found it. */
  descend(): boolean {
    if (++this.nodes > this.#nodeLimit) return false;
    const mark = this.#trail.length;
    // Rows that end the other branch of a column they force to 1, written after what follows here.
    const after: number[] = [];
    const done = this.#explore(after);
    for (const row of after.reverse()) this.tree.push(['row', row]);
    while (this.#trail.length > mark) this.#unset(this.#trail.pop()!);
    return done;
  }

  #explore(after: number[]): boolean {
    const broken = this.#propagate(after);
    if (broken !== null) {
      this.tree.push(['row', broken]);
      return true;
    }
    const choice = this.#choose();
    if (choice === 'closed') return true;
    const column = choice ?? this.#closeByDoubles();
    return column === null || (column >= 0 && this.#branch(column));
  }

  #branch(column: number): boolean {
    this.tree.push(column);
    for (const value of [1, 0]) {
      const mark = this.#trail.length;
      this.#set(column, value);
      const done = this.descend();
      while (this.#trail.length > mark) this.#unset(this.#trail.pop()!);
      if (!done) return false;
    }
    return true;
  }

  /** Decides what single rows force, each as a branch that the row ends at once; a row that cannot hold, else null. */
  #propagate(after: number[]): number | null {
    const { offsets, columns, coefficients, bounds } = this.#rows;
    for (let changed = true; changed;) {
      changed = false;
      for (let row = 0; row < bounds.length; row++) {
        const room = this.#most[row] - bounds[row];
        if (room < 0) return row;
        for (let at = offsets[row]; at < offsets[row + 1]; at++) {
          const column = columns[at];
          if (this.#values[column] !== FREE || Math.abs(coefficients[at]) <= room) continue;
          const value = coefficients[at] > 0 ? 1 : 0;
          this.tree.push(column);
          if (value === 1) after.push(row);
          else this.tree.push(['row', row]);
          this.#set(column, value);
          changed = true;
        }
      }
    }
    return null;
  }

  /**
   * The free variable to branch on: of the unsatisfied row that leaves the least choice, the one that helps most; null
   * where every row holds as it is. 'closed' where disjoint rows need too many ones, which is then written down.
   */
  #choose(): number | null | 'closed' {
    const { offsets, columns, coefficients, bounds } = this.#rows;
    const { size } = this.#refutation;
    const packed: number[] = [];
    let choice: number | null = null;
    let fewest = Infinity;
    let needed = 0;
    this.#mark++;
    for (let row = 0; row < bounds.length; row++) {
      let missing = bounds[row] - this.#now[row];
      if (missing <= 0) continue;
      let need = 0;
      let first = -1;
      let helpers = 0;
      let disjoint = true;
      const helping: number[] = [];
      for (let k = offsets[row]; k < offsets[row + 1]; k++) {
        const at = this.#sorted[k];
        if (coefficients[at] <= 0) break;
        const column = columns[at];
        if (this.#values[column] !== FREE) continue;
        if (this.#marked[column] === this.#mark) disjoint = false;
        if (first < 0) first = column;
        helpers++;
        helping.push(column);
        if (missing > 0) {
          missing -= coefficients[at];
          need++;
        }
      }
      if (helpers - need < fewest) {
        fewest = helpers - need;
        choice = first;
      }
      if (!disjoint || size === null) continue;
      needed += need;
      packed.push(row);
      if (this.#ones + needed > size.most) {
        this.tree.push(['pack', ...packed]);
        return 'closed';
      }
      for (const column of helping) this.#marked[column] = this.#mark;
    }
    return choice;
  }

  /**
   * Every integer row holds with zeros elsewhere; a row on doubles must not. Where it cannot hold any more it ends the branch,
   * and null says so; else a free column that could still help it. −1: all rows hold, so nothing is refuted.
   */
  #closeByDoubles(): number | null {
    const { doubles } = this.#refutation;
    const one = doubles.variables - 1;
    let open = -1;
    for (let row = 0; row < doubles.lower.length; row++) {
      const begin = doubles.offsets[row];
      const end = doubles.offsets[row + 1];
      const { integers } = commonIntegers([...doubles.coefficients.subarray(begin, end), doubles.lower[row]]);
      let now = -integers[end - begin];
      const gains = new Map<number, bigint>();
      for (let at = begin; at < end; at++) {
        const column = doubles.columns[at];
        if (column === one || this.#values[column] === 1) now += integers[at - begin];
        else if (this.#values[column] === FREE)
          gains.set(column, (gains.get(column) ?? 0n) + integers[at - begin]);
      }
      if (now > 0n) continue;
      let most = now;
      let best = 0n;
      for (const [column, gain] of gains) {
        if (gain <= 0n) continue;
        most += gain;
        if (gain <= best) continue;
        best = gain;
        open = column;
      }
      if (most > 0n) continue;
      this.tree.push(['row', row]);
      return null;
    }
    return open;
  }

  #set(column: number, value: number): void {
    this.#values[column] = value;
    this.#trail.push(column);
    this.#change(column, value, 1);
  }

  #unset(column: number): void {
    this.#change(column, this.#values[column], -1);
    this.#values[column] = FREE;
  }

  #change(column: number, value: number, sign: 1 | -1): void {
    const { starts, entryOf, rowOf } = this.#index;
    this.#ones += sign * value;
    for (let k = starts[column]; k < starts[column + 1]; k++) {
      const coefficient = this.#rows.coefficients[entryOf[k]];
      if (value === 1) this.#now[rowOf[k]] += sign * coefficient;
      if (value === 1 ? coefficient < 0 : coefficient > 0)
        this.#most[rowOf[k]] += sign * (value === 1 ? coefficient : -coefficient);
    }
  }
}
