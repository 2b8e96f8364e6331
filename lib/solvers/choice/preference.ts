import type { CsrMaskProblem } from '../../masks/problem.js';
import { sameColumns, type ComponentCore } from './core.js';
import { costOf } from '../../masks/mask-cost.js';
import { fixColumns } from './fix-columns.js';
import type { Cores } from './mask-core.js';
import { sizeOfMask } from '../../masks/mask-cost.js';
import type { SolvedComponent, SolveExactly } from './minimal-masks.js';
import type { PipelineOptions, PipelineResult } from '../pipeline/pipeline.js';
import { Slots } from '../pipeline/slots.js';
import { exactSolver, forBranchAndBound, forEachMinimal, solvedComponent } from './solved-parts.js';
import { cheapestMinimalMask, weightCosts, type PreferredMask } from './tie-break.js';

/** Branch and bound first tries components up to `DIRECT_VARIABLES` alone, for `DIRECT_NODES`. */
const DIRECT_VARIABLES = 200;
const DIRECT_NODES = 200;

/** The heaviest of the smallest masks, and what each component's claim to it rests on. */
export interface HeaviestMask {
  mask: Uint8Array;
  /** False when some component's heaviest mask was not proven in time; the mask is then the heaviest known. */
  proven: boolean;
  /** One a component, in the order of the result's parts. */
  parts: HeaviestPart[];
}

interface HeaviestPart extends PreferredMask {
  /** The core that the proof uses, where it does. */
  core?: ComponentCore;
}

/**
 * Among the smallest masks of a proven result the one of largest total weight, component by component. What
 * presolve set to 0 is in no smallest mask, so nothing is lost by its steps.
 */
export async function preferHeaviest(
  problem: CsrMaskProblem,
  result: PipelineResult,
  cores: Cores,
  options: PipelineOptions,
): Promise<HeaviestMask> {
  const mask = result.mask!.slice();
  const slots = new Slots(options.threads);
  const parts = await Promise.all(
    result.parts.map(async (part) => {
      const weights = Float64Array.from(part.component.variables, (variable) => problem.weights![variable]);
      const minimal = solvedComponent(problem, result, part);
      const core = async () =>
        forBranchAndBound(minimal, part.result.proofs) ? null : cores.of(part, options.signal);
      const solve = exactSolver(minimal, part.result.proofs, slots, options);
      const brief = exactSolver(minimal, part.result.proofs, slots, options, DIRECT_NODES);
      const enumeration = options.enumeration !== false;
      const found = await heaviest(minimal, weights, core, { solve, brief, enumeration });
      // Whatever the prover says, the mask must be a smallest one.
      const sound = sizeOfMask(found.mask) === sizeOfMask(minimal.mask) && minimal.accepts(found.mask);
      return sound ? found : { mask: minimal.mask, proven: false, proofs: [] };
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
  core: () => Promise<ComponentCore | null>,
  ask: { solve: SolveExactly; brief: SolveExactly; enumeration: boolean },
): Promise<HeaviestPart> {
  const costs = weightCosts(weights);
  if (costs === null) return { mask: component.mask, proven: true, proofs: [] };
  const { solve, brief, enumeration } = ask;
  const enumerated = enumeration ? heaviestByEnumeration(component, costs, weights) : null;
  if (enumerated !== null) return enumerated;
  const direct =
    component.problem.variables <= DIRECT_VARIABLES
      ? await cheapestMinimalMask(component, costs, brief)
      : null;
  if (direct?.proven) return direct;
  const known = await core();
  if (known === null) return cheapestMinimalMask(component, costs, solve);
  // Only what smallest masks differ in is left to choose.
  const lightest = known.witnesses.reduce((a, b) => (costOf(b, costs) < costOf(a, costs) ? b : a));
  if (known.proven.includes(0)) return { mask: lightest, proven: false, proofs: [] };
  const same = sameColumns(known);
  const { problem, free } = fixColumns(component.problem, component.mask, new Set(same));
  const whole = (mask: Uint8Array): Uint8Array => {
    const all = component.mask.slice();
    free.forEach((column, j) => (all[column] = mask[j]));
    return all;
  };
  const rest: SolvedComponent = {
    problem,
    mask: Uint8Array.from(free, (column) => lightest[column]),
    accepts: (mask) => component.accepts(whole(mask)),
  };
  const pick = <T extends ArrayLike<number>>(all: T): number[] => free.map((column) => all[column]);
  const found =
    (enumeration
      ? heaviestByEnumeration(rest, Int32Array.from(pick(costs)), Float64Array.from(pick(weights)))
      : null) ?? (await cheapestMinimalMask(rest, Int32Array.from(pick(costs)), solve));
  return { ...found, mask: whole(found.mask), core: known };
}

function heaviestByEnumeration(
  component: SolvedComponent,
  costs: Int32Array,
  weights: Float64Array,
): PreferredMask | null {
  let best = component.mask;
  // Equal after rounding: the doubles decide, so that the answer does not depend on the order of the search.
  const total = (mask: Uint8Array) => mask.reduce((sum, value, j) => sum + (value ? weights[j] : 0), 0);
  let least = costOf(best, costs);
  const complete = forEachMinimal(component, (mask) => {
    const cost = costOf(mask, costs);
    if (cost < least || (cost === least && total(mask) > total(best))) [best, least] = [mask, cost];
  });
  return complete ? { mask: best, proven: true, proofs: [{ by: 'enumeration' }] } : null;
}
