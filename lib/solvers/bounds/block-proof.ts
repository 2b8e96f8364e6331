import { indexColumns } from '../../masks/columns.js';

/** Units of cost in one cell: costs and multipliers are whole numbers of 2^-40. */
export const BLOCK_SCALE = 40;

/** Sums beyond this would no longer be exact in float64. */
const LARGEST_EXACT = 2 ** 52;
/** Steps of the multipliers at the root and at every other node. */
const ROOT_STEPS = 120;
const NODE_STEPS = 12;
/** Nodes between two pauses of a search, some milliseconds. */
export const SLICE_NODES = 64;

/** A few rows over a few columns, entries by row. All numbers are integers. */
export interface BlockRows {
  columns: number;
  /** Length rows + 1. */
  offsets: Uint32Array;
  /** Column of every entry, 0 … columns − 1. */
  entries: Uint32Array;
  coefficients: Float64Array;
  /** Σ coefficients·x ≥ bounds. */
  bounds: Float64Array;
}

/**
 * Proves that Σ costs·x ≥ target for every x ∈ {0,1}^columns that satisfies a block's rows: branch and bound on
 * the Lagrangian relaxation. With multipliers λ ≥ 0, Σ λ_i b_i + Σ_j min(0, c_j − Σ λ_i a_ij) is a bound
 * whatever λ is; λ moves by Polyak's steps towards the target (Polyak 1969; Held, Wolfe, Crowder 1974). Everything
 * that decides is a sum of integers below 2^52 in float64, hence exact, and the same on every machine. The rest is
 * rounded the same way everywhere, so native/solver/block_proof.cc visits the same nodes: change both or neither.
 */
export class BlockProof {
  /** Nodes visited by the last call of `proves`. */
  nodes = 0;
  /** A point of the rows that costs less than the target of the last search, where that found one. */
  counterexample: Uint8Array | null = null;
  /** Multipliers at the root, the best found so far; whoever replays a proof starts from them. */
  readonly multipliers: Float64Array;

  readonly #rows: BlockRows;
  readonly #costs: Float64Array;
  readonly #count: number;
  readonly #weights: Float64Array; // 1 / ‖row‖²
  readonly #absolute: Float64Array; // Σ|a| of a row
  readonly #costSum: number;
  readonly #values: Uint8Array; // 0, 1, 2: free
  readonly #residual: Float64Array;
  readonly #reduced: Float64Array;
  readonly #mean: Float64Array;
  readonly #slope: Float64Array;
  readonly #starts: Int32Array;
  readonly #columnRow: Int32Array;
  readonly #columnValue: Float64Array;
  readonly #trail: number[] = [];
  #fixedCost = 0;

  constructor(rows: BlockRows, costs: Float64Array, multipliers: Float64Array) {
    this.#rows = rows;
    this.#costs = costs;
    this.#count = rows.bounds.length;
    this.multipliers = multipliers.slice();
    this.#weights = new Float64Array(this.#count);
    this.#absolute = new Float64Array(this.#count);
    this.#values = new Uint8Array(rows.columns).fill(2);
    this.#residual = rows.bounds.slice();
    this.#reduced = new Float64Array(rows.columns);
    this.#mean = new Float64Array(rows.columns);
    this.#slope = new Float64Array(this.#count);
    this.#costSum = costs.reduce((sum, cost) => sum + Math.abs(cost), 0);
    const { starts, rowOf, entryOf } = indexColumns({
      variables: rows.columns,
      offsets: rows.offsets,
      columns: rows.entries,
    });
    this.#starts = starts;
    this.#columnRow = rowOf;
    this.#columnValue = Float64Array.from(entryOf, (at) => rows.coefficients[at]);
    for (let i = 0; i < this.#count; i++) {
      let square = 0;
      for (let at = rows.offsets[i]; at < rows.offsets[i + 1]; at++) {
        square += rows.coefficients[at] ** 2;
        this.#absolute[i] += Math.abs(rows.coefficients[at]);
      }
      this.#weights[i] = 1 / (square || 1);
    }
  }

  get entriesPerNode(): number {
    return entriesPerNode(this.#rows);
  }

  /** The bound at the root's multipliers, without any search. */
  rootBound(): number {
    return this.#evaluate(this.multipliers);
  }

  /** Whether the target was proven within `nodeLimit` nodes. Not proven says nothing, but see `counterexample`. */
  proves(target: number, nodeLimit: number): boolean {
    const search = this.search(target, nodeLimit);
    for (;;) {
      const { done, value } = search.next();
      if (done) return value;
    }
  }

  /** `proves` in slices of some milliseconds; a search given up half-way leaves the proof as it was. */
  *search(target: number, nodeLimit: number): Generator<void, boolean, void> {
    this.nodes = 0;
    this.counterexample = null;
    // Sums of costs decide leaves: beyond this they would be rounded.
    if (!(this.#costSum < LARGEST_EXACT) || !(Math.abs(target) < LARGEST_EXACT)) return false;
    try {
      return yield* this.#node(target, this.multipliers, ROOT_STEPS, nodeLimit);
    } finally {
      this.#undo(0);
    }
  }

  /** Proves the subtree below what is fixed now; leaves the trail longer than it found it. */
  *#node(
    target: number,
    from: Float64Array,
    steps: number,
    nodeLimit: number,
  ): Generator<void, boolean, void> {
    if (++this.nodes > nodeLimit) return false;
    if (this.nodes % SLICE_NODES === 0) yield;
    if (!this.#propagate()) return true;
    const lambda = from.slice();
    if (this.#ascend(target, lambda, steps)) return true;
    const branch = this.#choose(lambda);
    // Every column is fixed and every row holds: a point.
    if (branch < 0) {
      if (this.#fixedCost >= target) return true;
      this.counterexample = this.#values.slice();
      return false;
    }
    const first = this.#mean[branch] >= 0.5 ? 0 : 1;
    for (const value of [first, 1 - first]) {
      const mark = this.#trail.length;
      this.#fix(branch, value);
      const holds = yield* this.#node(target, lambda, NODE_STEPS, nodeLimit);
      this.#undo(mark);
      if (!holds) return false;
    }
    return true;
  }

  /**
   * Moves λ towards the target and fixes what reduced costs decide. True where the bound reaches the target.
   * λ ends at the best found.
   */
  #ascend(target: number, lambda: Float64Array, steps: number): boolean {
    const { offsets, entries, coefficients } = this.#rows;
    const slope = this.#slope;
    const values = this.#values;
    const reduced = this.#reduced;
    const mean = this.#mean;
    const residual = this.#residual;
    const weights = this.#weights;
    const current = lambda.slice();
    let best = -Infinity;
    let stalled = 0;
    let factor = 1;
    mean.fill(0);
    let weight = 0;
    for (let step = 0; step <= steps; step++) {
      const bound = this.#evaluate(current);
      if (bound === -Infinity) break;
      if (bound >= target) {
        lambda.set(current);
        if (this.#trail.length === 0) this.multipliers.set(current);
        return true;
      }
      if (bound > best) {
        best = bound;
        lambda.set(current);
        stalled = 0;
        if (this.#fixByCosts(target - bound) && !this.#propagate()) return true;
      } else if (++stalled >= 4) {
        factor /= 2;
        stalled = 0;
      }
      // x of the relaxation: 1 where the reduced cost is negative; averaged for the choice of a branch.
      weight = 0.8 * weight + 1;
      let norm = 0;
      for (let j = 0; j < this.#rows.columns; j++) {
        const x = values[j] === 2 ? (reduced[j] < 0 ? 1 : 0) : values[j];
        mean[j] += (x - mean[j]) / weight;
      }
      for (let i = 0; i < this.#count; i++) {
        let left = residual[i];
        for (let at = offsets[i]; at < offsets[i + 1]; at++) {
          const j = entries[at];
          if (values[j] === 2 && reduced[j] < 0) left -= coefficients[at];
        }
        if (left < 0 && current[i] === 0) left = 0;
        slope[i] = left;
        norm += left * left * weights[i];
      }
      if (norm === 0) break;
      const length = (factor * (target - bound) * 1.05) / norm;
      for (let i = 0; i < this.#count; i++) {
        if (slope[i] !== 0) current[i] = Math.max(0, Math.floor(current[i] + length * slope[i] * weights[i]));
      }
    }
    return false;
  }

  /** The bound at these multipliers; fills the reduced costs. −∞ where the sums could be inexact. */
  #evaluate(lambda: Float64Array): number {
    const { offsets, entries, coefficients, columns } = this.#rows;
    const reduced = this.#reduced;
    const values = this.#values;
    reduced.set(this.#costs);
    let bound = this.#fixedCost;
    let size = this.#costSum;
    for (let i = 0; i < this.#count; i++) {
      const factor = lambda[i];
      if (factor === 0) continue;
      size += factor * (2 * this.#absolute[i] + Math.abs(this.#rows.bounds[i]));
      bound += factor * this.#residual[i];
      for (let at = offsets[i]; at < offsets[i + 1]; at++) reduced[entries[at]] -= factor * coefficients[at];
    }
    if (!(size < LARGEST_EXACT)) return -Infinity;
    for (let j = 0; j < columns; j++) if (reduced[j] < 0 && values[j] === 2) bound += reduced[j];
    return bound;
  }

  /** Fixes columns whose other value would lift the bound by `missing` or more. */
  #fixByCosts(missing: number): boolean {
    let fixed = false;
    for (let j = 0; j < this.#rows.columns; j++) {
      if (this.#values[j] !== 2 || Math.abs(this.#reduced[j]) < missing) continue;
      this.#fix(j, this.#reduced[j] < 0 ? 1 : 0);
      fixed = true;
    }
    return fixed;
  }

  /** Fixes what single rows force; false where one cannot hold any more. */
  #propagate(): boolean {
    const { offsets, entries, coefficients } = this.#rows;
    const values = this.#values;
    for (let changed = true; changed;) {
      changed = false;
      for (let i = 0; i < this.#count; i++) {
        let slack = -this.#residual[i];
        for (let at = offsets[i]; at < offsets[i + 1]; at++) {
          if (coefficients[at] > 0 && values[entries[at]] === 2) slack += coefficients[at];
        }
        if (slack < 0) return false;
        for (let at = offsets[i]; at < offsets[i + 1]; at++) {
          if (values[entries[at]] !== 2 || Math.abs(coefficients[at]) <= slack) continue;
          this.#fix(entries[at], coefficients[at] > 0 ? 1 : 0);
          changed = true;
        }
      }
    }
    return true;
  }

  #fix(column: number, value: number): void {
    this.#values[column] = value;
    this.#trail.push(column);
    if (value === 1) this.#count1(column, 1);
  }

  #undo(mark: number): void {
    while (this.#trail.length > mark) {
      const column = this.#trail.pop()!;
      if (this.#values[column] === 1) this.#count1(column, -1);
      this.#values[column] = 2;
    }
  }

  #count1(column: number, sign: number): void {
    this.#fixedCost += sign * this.#costs[column];
    for (let at = this.#starts[column]; at < this.#starts[column + 1]; at++) {
      this.#residual[this.#columnRow[at]] -= sign * this.#columnValue[at];
    }
  }

  /** The free column that the multipliers care about most and the relaxation is least sure of; −1: none is free. */
  #choose(lambda: Float64Array): number {
    let chosen = -1;
    let highest = -1;
    for (let j = 0; j < this.#rows.columns; j++) {
      if (this.#values[j] !== 2) continue;
      let impact = 0;
      for (let at = this.#starts[j]; at < this.#starts[j + 1]; at++) {
        impact += lambda[this.#columnRow[at]] * Math.abs(this.#columnValue[at]);
      }
      const score = (0.05 + Math.min(this.#mean[j], 1 - this.#mean[j])) * (impact + 1);
      if (score > highest) {
        highest = score;
        chosen = j;
      }
    }
    return chosen;
  }
}

/** Matrix entries that a node visits, roughly: each step evaluates a bound and a slope. */
export function entriesPerNode({ entries }: BlockRows): number {
  return 2 * (NODE_STEPS + 1) * entries.length;
}
