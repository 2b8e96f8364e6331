import type { SearchRows } from './search-rows.js';

/** A list of numbers below a limit with constant-time insertion, removal and random access. */
export class IndexList {
  readonly items: Int32Array;
  /** Where an item stands in `items`; −1: nowhere. */
  readonly position: Int32Array;
  count = 0;

  constructor(limit: number) {
    this.items = new Int32Array(limit);
    this.position = new Int32Array(limit).fill(-1);
  }

  add(item: number): void {
    this.position[item] = this.count;
    this.items[this.count++] = item;
  }

  remove(item: number): void {
    const at = this.position[item];
    const last = this.items[--this.count];
    this.items[at] = last;
    this.position[last] = at;
    this.position[item] = -1;
  }
}

/** A mask, the slack of every row under it, and the rows it violates. */
export class SearchState {
  readonly mask: Uint8Array;
  readonly slack: Int32Array;
  readonly ones: IndexList;
  readonly violated: IndexList;

  constructor(
    readonly rows: SearchRows,
    initial: Uint8Array,
  ) {
    this.mask = new Uint8Array(rows.variables);
    this.slack = new Int32Array(rows.rows);
    this.ones = new IndexList(rows.variables);
    this.violated = new IndexList(rows.rows);
    this.assign(initial);
  }

  assign(mask: Uint8Array): void {
    const { rows, slack, violated, ones } = this;
    ones.position.fill(-1);
    ones.count = 0;
    violated.position.fill(-1);
    violated.count = 0;
    for (let variable = 0; variable < rows.variables; variable++) {
      this.mask[variable] = mask[variable] ? 1 : 0;
      if (mask[variable]) ones.add(variable);
    }
    for (let row = 0; row < rows.rows; row++) {
      let sum = -rows.bounds[row];
      for (let at = rows.offsets[row]; at < rows.offsets[row + 1]; at++) {
        if (this.mask[rows.columns[at]]) sum += rows.values[at];
      }
      slack[row] = sum;
      if (sum < 0) violated.add(row);
    }
  }

  flip(variable: number): void {
    const { rows, slack, violated } = this;
    const sign = this.mask[variable] ? -1 : 1;
    for (let at = rows.starts[variable], end = rows.starts[variable + 1]; at < end; at++) {
      const row = rows.rowOf[at];
      const before = slack[row];
      const after = before + sign * rows.valueOf[at];
      slack[row] = after;
      if (before < 0) {
        if (after >= 0) violated.remove(row);
      } else if (after < 0) violated.add(row);
    }
    this.mask[variable] ^= 1;
    if (sign > 0) this.ones.add(variable);
    else this.ones.remove(variable);
  }

  /** Would every row still hold without this one? */
  isSpare(variable: number): boolean {
    const { rows, slack } = this;
    for (let at = rows.starts[variable], end = rows.starts[variable + 1]; at < end; at++) {
      if (slack[rows.rowOf[at]] - rows.valueOf[at] < 0) return false;
    }
    return true;
  }
}
