import { differsFrom, withRows, type ExtraRow } from '../../masks/extra-rows.js';
import { sizeOfMask } from '../../masks/mask-cost.js';
import { satisfiesIntegerRows, type IntegerProblem } from '../../masks/integer-rows.js';
import type { Proof } from '../proof.js';

/** What a prover says of one integer problem. */
export interface ExactAnswer {
  status: 'optimal' | 'infeasible' | 'unknown';
  mask: Uint8Array | null;
  /** Whose word it is. */
  proof?: Proof;
}

/**
 * Solves an integer problem exactly: minimises Σ costs·M (cost 1 per variable by default) over masks of at most
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
    // A mask that breaks the very rows that were asked for: the prover is wrong, and would be again.
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
