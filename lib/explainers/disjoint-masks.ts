import { exactSumSign } from '../masks/exact.js';
import type { CsrMaskProblem } from '../masks/problem.js';
import type { MaskSolution } from '../solvers/solution.js';

/** A further mask that shares no cell with those before it. */
export interface DisjointMask {
  cells: Uint8Array;
  /** Rows that some of the cells not yet used can still meet, beside those that need none: the mask meets all of them. */
  rows: number;
  /** The rows, over the cells that were left. */
  problem: CsrMaskProblem;
  solution: MaskSolution;
}

/**
 * Masks without a common cell: after the first one, each is the smallest that meets every row which the cells not used so far can meet at
 * all. Most rows of a convolution lie within few cells, so later masks meet fewer; how many is told.
 * @param most masks beside the first
 * @param solve proves the smallest mask of a problem
 * @returns fewer where nothing is left that needs a cell, where negative coefficients let the rows be met one by one and not together, or
 *   where a solve was stopped before it had a mask
 */
export async function disjointMasks(
  problem: CsrMaskProblem,
  first: ArrayLike<number>,
  most: number,
  solve: (problem: CsrMaskProblem) => Promise<MaskSolution>,
): Promise<DisjointMask[]> {
  const used = Uint8Array.from(first);
  const masks: DisjointMask[] = [];
  while (masks.length < most) {
    const left = withoutCells(problem, used);
    const solution = await solve(left);
    if (solution.mask === null || solution.size === 0) break;
    const cells = Uint8Array.from(solution.mask);
    masks.push({ cells, rows: left.lower.length, problem: left, solution });
    cells.forEach((cell, at) => (used[at] |= cell));
  }
  return masks;
}

/** The problem over the cells that are not used: of the rows those that these can meet, in exact arithmetic. */
export function withoutCells(problem: CsrMaskProblem, used: ArrayLike<number>): CsrMaskProblem {
  const offsets = [0];
  const columns: number[] = [];
  const coefficients: number[] = [];
  const lower: number[] = [];
  for (let row = 0; row < problem.lower.length; row++) {
    const places: number[] = [];
    for (let at = problem.offsets[row]; at < problem.offsets[row + 1]; at++)
      if (!used[problem.columns[at]]) places.push(at);
    const most = places.map((at) => problem.coefficients[at]).filter((coefficient) => coefficient > 0);
    if (exactSumSign([...most, -problem.lower[row]]) !== 1) continue;
    for (const at of places) {
      columns.push(problem.columns[at]);
      coefficients.push(problem.coefficients[at]);
    }
    offsets.push(columns.length);
    lower.push(problem.lower[row]);
  }
  return {
    variables: problem.variables,
    offsets: Uint32Array.from(offsets),
    columns: Uint32Array.from(columns),
    coefficients: Float64Array.from(coefficients),
    lower: Float64Array.from(lower),
    ...(problem.weights && { weights: problem.weights }),
  };
}
