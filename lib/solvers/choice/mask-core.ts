import type { CsrMaskProblem } from '../../masks/problem.js';
import type { MaskCore } from '../report.js';
import type { ComponentResult } from '../pipeline/component-state.js';
import { CellRole, componentCore, type ComponentCore } from './core.js';
import type { SolvedComponent } from './minimal-masks.js';
import type { PipelineOptions, PipelineResult, SolvedPart } from '../pipeline/pipeline.js';
import { Slots } from '../pipeline/slots.js';
import { exactSolver, forBranchAndBound, forEachMinimal, solvedComponent } from './solved-parts.js';

/** The core of a whole mask, and of each component, in the order of the result's parts. */
export interface CoreOfParts {
  core: MaskCore;
  parts: ComponentCore[];
}

/** Cores of a proven result's components, each computed when it is first asked for. */
export class Cores {
  // Components that are the same share one result, and so one core.
  readonly #known = new Map<ComponentResult, Promise<ComponentCore>>();
  readonly #slots: Slots;
  readonly #problem: CsrMaskProblem;
  readonly #result: PipelineResult;
  readonly #options: PipelineOptions;

  constructor(problem: CsrMaskProblem, result: PipelineResult, options: PipelineOptions) {
    this.#problem = problem;
    this.#result = result;
    this.#options = options;
    this.#slots = new Slots(options.threads);
  }

  /** `signal`: gives this one up earlier; what stays unproven then is computed anew when it is asked for again. */
  async of(part: SolvedPart, signal = this.#options.signal): Promise<ComponentCore> {
    let core = this.#known.get(part.result);
    if (core === undefined) {
      core = this.#compute(part, signal);
      this.#known.set(part.result, core);
      const { proven } = await core;
      if (proven.includes(0)) this.#known.delete(part.result);
    }
    return core;
  }

  async #compute(part: SolvedPart, signal: AbortSignal): Promise<ComponentCore> {
    const component = solvedComponent(this.#problem, this.#result, part);
    const solve = exactSolver(component, part.result.proofs, this.#slots, { ...this.#options, signal });
    return (
      (this.#options.enumeration !== false ? coreByEnumeration(component) : null) ??
      componentCore(component, solve, { oneByOne: forBranchAndBound(component, part.result.proofs), signal })
    );
  }
}

/** Which cells every smallest mask has, some have, or none has; see core.ts. */
export async function maskCore(
  result: PipelineResult,
  cores: Cores,
  signal?: AbortSignal,
): Promise<CoreOfParts> {
  const { values } = result.presolved;
  // Forced ones are in every feasible mask; useless and forced zeros in no smallest one.
  const roles = Uint8Array.from(values, (value) => (value === 1 ? CellRole.every : CellRole.none));
  const proven = new Uint8Array(values.length).fill(1);
  const parts = await Promise.all(result.parts.map(async (part) => cores.of(part, signal)));
  parts.forEach((own, i) => {
    result.parts[i].component.variables.forEach((variable, j) => {
      roles[variable] = own.roles[j];
      proven[variable] = own.proven[j];
    });
  });
  const count = (role: number) => roles.reduce((sum, value) => sum + (value === role ? 1 : 0), 0);
  const core = {
    roles,
    proven,
    every: count(CellRole.every),
    some: count(CellRole.some),
    none: count(CellRole.none),
    unproven: proven.reduce((sum, value) => sum + 1 - value, 0),
  };
  return { core, parts };
}

function coreByEnumeration(component: SolvedComponent): ComponentCore | null {
  const inAll = component.mask.slice();
  const inAny = component.mask.slice();
  const witnesses = [component.mask];
  const complete = forEachMinimal(component, (mask) => {
    // A witness is kept where it shows something new.
    if (mask.some((value, j) => (inAll[j] && !value) || (value && !inAny[j]))) witnesses.push(mask);
    mask.forEach((value, j) => {
      inAll[j] &= value;
      inAny[j] |= value;
    });
  });
  if (!complete) return null;
  const roles = inAll.map((all, j) => (all ? CellRole.every : inAny[j] ? CellRole.some : CellRole.none));
  const proven = new Uint8Array(roles.length).fill(1);
  return { roles, proven, witnesses, proofs: [{ by: 'enumeration' }] };
}
