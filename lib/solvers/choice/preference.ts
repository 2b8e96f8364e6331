import type { CsrMaskProblem } from '../../masks/problem.js';
import { costOf } from './cost.js';
import { sizeOfMask, type SolvedComponent, type SolveExactly } from './minimal-masks.js';
import type { PipelineOptions, PipelineResult } from '../pipeline/pipeline.js';
import { Slots } from '../pipeline/slots.js';
import { exactSolver, forEachMinimal, solvedComponent } from './solved-parts.js';
import { heaviestMinimalMask, weightCosts, type PreferredMask } from './tie-break.js';

/** The heaviest of the smallest masks, and what each component's claim to it rests on. */
export interface HeaviestMask {
  mask: Uint8Array;
  /** False when some component's heaviest mask was not proven in time; the mask is then the heaviest known. */
  proven: boolean;
  /** One a component, in the order of the result's parts. */
  parts: PreferredMask[];
}

/**
 * Among the smallest masks of a proven result the one of largest total weight, component by component. What
 * presolve set to 0 is in no smallest mask, so nothing is lost by its steps.
 */
export async function preferHeaviest(
  problem: CsrMaskProblem,
  result: PipelineResult,
  options: PipelineOptions,
): Promise<HeaviestMask> {
  const mask = result.mask!.slice();
  const slots = new Slots(options.threads);
  const parts = await Promise.all(
    result.parts.map(async (part) => {
      const weights = Float64Array.from(part.component.variables, (variable) => problem.weights![variable]);
      const minimal = solvedComponent(problem, result, part);
      return heaviest(minimal, weights, exactSolver(minimal, part.result.proofs, slots, options));
    }),
  );
  parts.forEach(({ mask: own }, i) => {
    result.parts[i].component.variables.forEach((variable, j) => (mask[variable] = own[j]));
  });
  return { mask, proven: parts.every(({ proven }) => proven), parts };
}

async function heaviest(
  component: SolvedComponent,
  weights: Float64Array,
  solve: SolveExactly,
): Promise<PreferredMask> {
  const costs = weightCosts(weights);
  if (costs === null) return { mask: component.mask, proven: true, proofs: [] };
  let best = component.mask;
  // Equal after rounding: the doubles decide, so that the answer does not depend on the order of the search.
  const total = (mask: Uint8Array) => mask.reduce((sum, value, j) => sum + (value ? weights[j] : 0), 0);
  let least = costOf(best, costs);
  const complete = forEachMinimal(component, (mask) => {
    const cost = costOf(mask, costs);
    if (cost < least || (cost === least && total(mask) > total(best))) [best, least] = [mask, cost];
  });
  if (complete) return { mask: best, proven: true, proofs: [{ by: 'enumeration' }] };
  const found = await heaviestMinimalMask({ ...component, mask: best }, weights, solve);
  // Whatever the engine says, the mask must be a smallest one.
  const sound = sizeOfMask(found.mask) === sizeOfMask(component.mask) && component.accepts(found.mask);
  return sound ? found : { mask: best, proven: false, proofs: [] };
}
