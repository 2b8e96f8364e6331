import type { Proof } from '../proof.js';
import { costOf } from '../../masks/mask-cost.js';
import { findMinimal, type SolvedComponent, type SolveExactly } from './minimal-masks.js';

/** Weights are rounded to this many bits, the range a back end takes as costs. */
const WEIGHT_BITS = 20;

export interface PreferredMask {
  /** A minimal mask; the heaviest one when `proven`, else the best known. */
  mask: Uint8Array;
  proven: boolean;
  /** What `proven` rests on. */
  proofs: Proof[];
}

/**
 * Among the minimal masks of a solved component, the one with the largest total weight Σ w_j M_j. Minimal masks
 * have equally many ones, so the same mask minimises Σ (w_max − w_j) M_j, whose costs are not negative.
 * Weights are compared after rounding to 20 bits of the largest difference.
 */
export async function heaviestMinimalMask(
  component: SolvedComponent,
  weights: ArrayLike<number>,
  solve: SolveExactly,
): Promise<PreferredMask> {
  const costs = weightCosts(weights);
  if (costs === null) return { mask: component.mask, proven: true, proofs: [] };
  return cheapestMinimalMask(component, costs, solve);
}

/** Among the minimal masks of a solved component one with the least Σ costs·M. */
export async function cheapestMinimalMask(
  component: SolvedComponent,
  costs: Int32Array,
  solve: SolveExactly,
): Promise<PreferredMask> {
  const answer = await findMinimal(component, [], [], solve, costs);
  const proofs = answer.proof ? [answer.proof] : [];
  if (answer.status === 'optimal' && answer.mask !== null) return { mask: answer.mask, proven: true, proofs };
  const better = answer.mask !== null && costOf(answer.mask, costs) < costOf(component.mask, costs);
  return { mask: better ? answer.mask! : component.mask, proven: false, proofs: [] };
}

/** (w_max − w_j) as integers of at most 20 bits; null when all weights are equal, so that nothing is preferred. */
export function weightCosts(weights: ArrayLike<number>): Int32Array | null {
  let largest = -Infinity;
  let smallest = Infinity;
  for (let at = 0; at < weights.length; at++) {
    largest = Math.max(largest, weights[at]);
    smallest = Math.min(smallest, weights[at]);
  }
  if (!(largest > smallest)) return null;
  // Halves first where the difference itself is no double.
  const share = Number.isFinite(largest - smallest) ? 1 : 0.5;
  const range = share * largest - share * smallest;
  return Int32Array.from({ length: weights.length }, (_, at) =>
    Math.round(((share * largest - share * weights[at]) / range) * (2 ** WEIGHT_BITS - 1)),
  );
}
