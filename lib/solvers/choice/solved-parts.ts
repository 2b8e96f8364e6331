import { satisfiesExactly } from '../../masks/exact.js';
import type { CsrMaskProblem } from '../../masks/problem.js';
import type { Proof } from '../proof.js';
import { componentTruth } from '../pipeline/components.js';
import { enumerateSmallest } from '../pipeline/enumeration.js';
import { sizeOfMask } from '../../masks/mask-cost.js';
import { withRows } from '../../masks/extra-rows.js';
import type { SolvedComponent, SolveExactly } from './minimal-masks.js';
import type { PipelineOptions, PipelineResult, SolvedPart } from '../pipeline/pipeline.js';
import type { Slots } from '../pipeline/slots.js';

/** Components up to `ENUMERATED_VARIABLES` are gone through mask by mask, up to `ENUMERATED_NODES`. */
const ENUMERATED_VARIABLES = 48;
const ENUMERATED_NODES = 5000;

/** A component of a proven result, for questions about all its smallest masks. */
export function solvedComponent(
  problem: CsrMaskProblem,
  { presolved }: PipelineResult,
  { component, result: solved }: SolvedPart,
): SolvedComponent {
  const truth = componentTruth(problem, component, presolved.values);
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

/** Visits every smallest mask of a small component; false when there are too many nodes to go through. */
export function forEachMinimal(component: SolvedComponent, visit: (mask: Uint8Array) => void): boolean {
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

/** Whether branch and bound is the prover for a component: where rows are dense, or where it gave the proof. */
export function forBranchAndBound({ problem }: SolvedComponent, proofs: readonly Proof[]): boolean {
  if (problem.columns.length >= 24 * problem.bounds.length) return true;
  return proofs.length > 0 && proofs.every(({ by }) => by === 'highs' || by === 'highs-wasm');
}

/**
 * Asks the prover that suits component and question. Z3 proves a minimum fast but is lost with unequal costs or
 * a limit on the size; branch and bound takes both. `nodeLimit`: most of its nodes; 0: any number.
 */
export function exactSolver(
  component: SolvedComponent,
  proofs: readonly Proof[],
  slots: Slots,
  { provers, signal, seed }: PipelineOptions,
  nodeLimit = 0,
): SolveExactly {
  const dense = forBranchAndBound(component, proofs);
  return async (problem, size, costs) => {
    const { z3, highs } = await provers();
    const prover = highs !== null && (dense || costs !== undefined) ? highs : z3;
    const limited = prover === highs || costs !== undefined;
    const answer = await slots.run(0, signal, () =>
      prover
        .solve({
          problem,
          costs,
          ...(limited && { atMost: size }),
          seed,
          signal,
          ...(prover === highs && { workLimit: nodeLimit }),
        })
        .catch(() => null),
    );
    if (answer === null || answer.wrongModel || answer.status === 'stopped')
      return { status: 'unknown', mask: answer?.mask ?? null };
    const proof = { by: prover.name, version: prover.version, seed };
    return { status: answer.status, mask: answer.mask, proof };
  };
}
