import type { AttributionScores, AttributionTask } from './attribution.js';

/** The activations themselves: a node's score is a_i, whatever the class. */
export async function activations({ activation }: AttributionTask): Promise<AttributionScores> {
  return {
    scores: activation.data.slice(),
    completenessError: null,
    steps: 0,
    converged: null,
    topKStability: null,
  };
}
