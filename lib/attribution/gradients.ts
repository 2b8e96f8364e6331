import type { AttributionOptions, AttributionScores, AttributionTask } from './attribution.js';

/** The plain gradient ∂F/∂a_i at the activations themselves (Simonyan et al. 2013, taken at the first layer). */
export async function gradients(
  { tail, activation, target }: AttributionTask,
  { signal }: AttributionOptions = {},
): Promise<AttributionScores> {
  const result = await tail.gradient({ inputs: [activation], targets: [target], signal });
  return {
    scores: result.gradients.data,
    completenessError: null,
    steps: 1,
    converged: null,
    topKStability: null,
  };
}
