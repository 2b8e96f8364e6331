import { satisfiesIntegerRows, type IntegerProblem } from '../../masks/integer-rows.js';
import type { Proof } from '../proof.js';

/** One linear row over a component's variables: Σ coefficients·M ≥ bound. */
export interface ExtraRow {
  columns: ArrayLike<number>;
  coefficients: ArrayLike<number>;
  bound: number;
}

/** The problem with rows added at the end; the arrays of the original are not touched. */
export function withRows(problem: IntegerProblem, rows: readonly ExtraRow[]): IntegerProblem {
  const added = rows.reduce((sum, row) => sum + row.columns.length, 0);
  const before = problem.bounds.length;
  const entries = problem.offsets[before];
  const offsets = new Uint32Array(before + rows.length + 1);
  const columns = new Uint32Array(entries + added);
  const coefficients = new Int32Array(entries + added);
  const bounds = new Float64Array(before + rows.length);
  offsets.set(problem.offsets.subarray(0, before + 1));
  columns.set(problem.columns.subarray(0, entries));
  coefficients.set(problem.coefficients.subarray(0, entries));
  bounds.set(problem.bounds);
  let write = entries;
  rows.forEach((row, index) => {
    columns.set(Array.from(row.columns), write);
    coefficients.set(Array.from(row.coefficients), write);
    write += row.columns.length;
    offsets[before + index + 1] = write;
    bounds[before + index] = row.bound;
  });
  return { variables: problem.variables, offsets, columns, coefficients, bounds };
}

/** Σ M ≤ size. */
export function atMost(variables: number, size: number): ExtraRow {
  return {
    columns: Uint32Array.from({ length: variables }, (_, column) => column),
    coefficients: new Int32Array(variables).fill(-1),
    bound: -size,
  };
}

/**
 * At least one of `columns` differs from `mask`: Σ_{M̂=0} M + Σ_{M̂=1} (1 − M) ≥ 1, columns outside the list
 * being free. With every column listed it cuts off exactly the one mask.
 */
export function differsFrom(mask: ArrayLike<number>, columns: ArrayLike<number>): ExtraRow {
  const coefficients = new Int32Array(columns.length);
  let ones = 0;
  for (let at = 0; at < columns.length; at++) {
    coefficients[at] = mask[columns[at]] ? -1 : 1;
    if (mask[columns[at]]) ones++;
  }
  return { columns, coefficients, bound: 1 - ones };
}

/** What an exact back end says of one integer problem. */
export interface ExactAnswer {
  status: 'optimal' | 'infeasible' | 'unknown';
  mask: Uint8Array | null;
  /** Whose word it is. */
  proof?: Proof;
}

/**
 * Solves an integer problem exactly: minimises Σ costs·M (cost 1 a variable by default) over masks of at most
 * `size` ones. Without costs a larger mask is as good an answer as `infeasible`. `unknown` when time ran out or
 * the work was cancelled.
 */
export type SolveExactly = (
  problem: IntegerProblem,
  size: number,
  costs?: Int32Array,
) => Promise<ExactAnswer>;

/**
 * A component whose minimum is known. `problem` is its ceiling model, which accepts every truly feasible mask,
 * so what no mask of it does no minimal mask does; `accepts` is the truth, for the masks it finds.
 */
export interface SolvedComponent {
  problem: IntegerProblem;
  /** A minimal mask. */
  mask: Uint8Array;
  accepts: (mask: Uint8Array) => boolean;
}

export function sizeOfMask(mask: ArrayLike<number>): number {
  let size = 0;
  for (let at = 0; at < mask.length; at++) size += mask[at] ? 1 : 0;
  return size;
}

/**
 * Looks for a minimal mask that also satisfies `extra`, the cheapest under `costs`. Masks that only the
 * rounding of the ceiling model admits are cut off one by one; `cuts` keeps them for the next call.
 */
export async function findMinimal(
  component: SolvedComponent,
  extra: readonly ExtraRow[],
  cuts: ExtraRow[],
  solve: SolveExactly,
  costs?: Int32Array,
): Promise<ExactAnswer> {
  const { problem, accepts } = component;
  const size = sizeOfMask(component.mask);
  const all = Uint32Array.from({ length: problem.variables }, (_, column) => column);
  for (;;) {
    const asked = withRows(problem, [...extra, ...cuts]);
    const answer = await solve(asked, size, costs);
    // A mask that breaks the very rows that were asked for: the engine is wrong, and would be again.
    if (answer.mask !== null && !satisfiesIntegerRows(asked, answer.mask))
      return { status: 'unknown', mask: null };
    const found = answer.mask === null ? Infinity : sizeOfMask(answer.mask);
    if (found > size && answer.status === 'optimal') return { ...answer, status: 'infeasible', mask: null };
    if (answer.mask === null || found > size) return { ...answer, mask: null };
    if (accepts(answer.mask)) {
      // Smaller than the minimum: whoever is wrong, nothing can be concluded from it.
      return found < size ? { status: 'unknown', mask: null } : answer;
    }
    if (answer.status !== 'optimal') return { ...answer, mask: null };
    cuts.push(differsFrom(answer.mask, all));
  }
}
