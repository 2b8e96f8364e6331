import { satisfiesExactly } from '../masks/exact.js';
import type { CsrMaskProblem, MaskCore } from '../masks/problem.js';
import type { ComponentResult } from './component-solver.js';
import { componentTruth, type Component } from './components.js';
import { CellRole, componentCore } from './core.js';
import { enumerateSmallest } from './enumeration.js';
import { sizeOfMask, withRows, type SolvedComponent, type SolveExactly } from './minimal-masks.js';
import type { PipelineOptions, PipelineResult } from './pipeline.js';
import { Slots } from './slots.js';
import { heaviestMinimalMask, weightCosts } from './tie-break.js';

/** Components up to this size are gone through mask by mask, up to so many nodes. */
const ENUMERATED_VARIABLES = 48;
const ENUMERATED_NODES = 5000;
/** Effort for one component's heaviest mask in Z3's units, about a second. */
const WORK_LIMIT = 12_000_000;

/**
 * Among the smallest masks of a proven result the one of largest total weight, component by component. What
 * presolve set to 0 is in no smallest mask, so nothing is lost by its steps. `proven` is false when some
 * component's heaviest mask was not proven in time; the mask is then the heaviest known.
 */
export async function preferHeaviest(
  problem: CsrMaskProblem,
  result: PipelineResult,
  options: PipelineOptions,
): Promise<{ mask: Uint8Array; proven: boolean }> {
  const mask = result.mask!.slice();
  const slots = new Slots(options.threads);
  const chosen = await Promise.all(
    result.parts.map(async ({ component, result: solved }) => {
      const weights = Float64Array.from(component.variables, (variable) => problem.weights![variable]);
      const minimal = solvedComponent(problem, result, component, solved);
      return heaviest(minimal, weights, exactSolver(minimal, slots, options, WORK_LIMIT));
    }),
  );
  chosen.forEach(({ mask: own }, i) => {
    result.parts[i].component.variables.forEach((variable, j) => (mask[variable] = own[j]));
  });
  return { mask, proven: chosen.every(({ proven }) => proven) };
}

async function heaviest(
  component: SolvedComponent,
  weights: Float64Array,
  solve: SolveExactly,
): Promise<{ mask: Uint8Array; proven: boolean }> {
  const costs = weightCosts(weights);
  if (costs === null) return { mask: component.mask, proven: true };
  let best = component.mask;
  const total = (mask: Uint8Array) => mask.reduce((sum, value, j) => sum + (value ? weights[j] : 0), 0);
  let largest = total(best);
  const complete = forEachMinimal(component, (mask) => {
    const weight = total(mask);
    if (weight > largest) [best, largest] = [mask, weight];
  });
  if (complete) return { mask: best, proven: true };
  const found = await heaviestMinimalMask({ ...component, mask: best }, weights, solve);
  // Whatever the engine says, the mask must be a smallest one.
  const sound = sizeOfMask(found.mask) === sizeOfMask(component.mask) && component.accepts(found.mask);
  return sound ? found : { mask: best, proven: false };
}

/** Which cells every smallest mask has, some have, or none has; see lib/solvers/core.ts. */
export async function maskCore(
  problem: CsrMaskProblem,
  result: PipelineResult,
  options: PipelineOptions,
): Promise<MaskCore> {
  const { values } = result.presolved;
  // Forced ones are in every feasible mask; useless and forced zeros in no smallest one.
  const roles = Uint8Array.from(values, (value) => (value === 1 ? CellRole.every : CellRole.none));
  const proven = new Uint8Array(values.length).fill(1);
  const slots = new Slots(options.threads);
  await Promise.all(
    result.parts.map(async ({ component, result: solved }) => {
      const minimal = solvedComponent(problem, result, component, solved);
      const own =
        coreByEnumeration(minimal) ?? (await componentCore(minimal, exactSolver(minimal, slots, options, 0)));
      component.variables.forEach((variable, j) => {
        roles[variable] = own.roles[j];
        proven[variable] = own.proven[j];
      });
    }),
  );
  const count = (role: number) => roles.reduce((sum, value) => sum + (value === role ? 1 : 0), 0);
  const unproven = proven.reduce((sum, value) => sum + 1 - value, 0);
  return {
    roles,
    proven,
    every: count(CellRole.every),
    some: count(CellRole.some),
    none: count(CellRole.none),
    unproven,
  };
}

function coreByEnumeration(component: SolvedComponent): { roles: Uint8Array; proven: Uint8Array } | null {
  const inAll = component.mask.slice();
  const inAny = component.mask.slice();
  const complete = forEachMinimal(component, (mask) =>
    mask.forEach((value, j) => {
      inAll[j] &= value;
      inAny[j] |= value;
    }),
  );
  if (!complete) return null;
  const roles = inAll.map((all, j) => (all ? CellRole.every : inAny[j] ? CellRole.some : CellRole.none));
  return { roles, proven: new Uint8Array(roles.length).fill(1) };
}

/** Visits every smallest mask of a small component; false when there are too many nodes to go through. */
function forEachMinimal(component: SolvedComponent, visit: (mask: Uint8Array) => void): boolean {
  if (component.problem.variables > ENUMERATED_VARIABLES) return false;
  const size = sizeOfMask(component.mask);
  // Every mask is looked at and then refused, so the search goes on to the next one.
  return enumerateSmallest(component.problem, {
    below: size + 1,
    nodeLimit: ENUMERATED_NODES,
    accepts: (mask) => {
      if (sizeOfMask(mask) === size && component.accepts(mask)) visit(mask);
      return false;
    },
  }).complete;
}

function solvedComponent(
  problem: CsrMaskProblem,
  result: PipelineResult,
  component: Component,
  solved: ComponentResult,
): SolvedComponent {
  const truth = componentTruth(problem, component, result.presolved.values);
  const extended = new Uint8Array(component.variables.length + 1);
  extended[component.variables.length] = 1;
  return {
    problem: withRows(component.ceiling, solved.cuts),
    mask: solved.mask!,
    accepts: (mask) => {
      extended.set(mask);
      return satisfiesExactly(truth, extended);
    },
  };
}

function exactSolver(
  component: SolvedComponent,
  slots: Slots,
  options: PipelineOptions,
  workLimit: number,
): SolveExactly {
  const dense = component.problem.columns.length >= 24 * component.problem.bounds.length;
  return async (problem, costs) => {
    const engines = await options.engines();
    const backend = dense && engines.highs !== null ? engines.highs : engines.z3;
    const limit = backend === engines.z3 ? workLimit : 0;
    const { signal, seed } = options;
    const answer = await slots.run(0, signal, () =>
      backend.solve({ problem, costs, seed, workLimit: limit, signal }).catch(() => null),
    );
    if (answer === null || answer.status === 'stopped')
      return { status: 'unknown', mask: answer?.mask ?? null };
    return { status: answer.status, mask: answer.mask };
  };
}
