import { satisfiesIntegerRows, type IntegerProblem } from '../../dist/masks/integer-rows.js';
import type { ProverAnswer, Prover } from '../../dist/solvers/provers/prover.js';

/** Changes what a prover says in its n-th run. */
export type Lie = (answer: ProverAnswer, run: number) => ProverAnswer;

/** A prover that is right, by going through all masks of at most 20 variables, unless `lie` changes its answers. */
export function proverDouble(name: Prover['name'], lie: Lie = (answer) => answer): Prover {
  let runs = 0;
  return {
    name,
    version: 'double',
    dispose: () => {},
    solve: async ({ problem, costs, atMost = problem.variables }) => {
      const best = cheapest(problem, atMost, costs);
      const answer: ProverAnswer =
        best === null
          ? { status: 'infeasible', mask: null, lowerBound: 0, work: 1, wrongModel: false }
          : { status: 'optimal', mask: best.mask, lowerBound: best.cost, work: 1, wrongModel: false };
      return lie(answer, runs++);
    },
  };
}

function cheapest(
  problem: IntegerProblem,
  atMost: number,
  costs?: Int32Array,
): { mask: Uint8Array; cost: number } | null {
  let best: { mask: Uint8Array; cost: number } | null = null;
  for (let number = 0; number < 1 << problem.variables; number++) {
    const mask = Uint8Array.from({ length: problem.variables }, (_, j) => (number >> j) & 1);
    const size = mask.reduce((sum, value) => sum + value, 0);
    const cost = costs ? mask.reduce((sum, value, j) => sum + value * costs[j], 0) : size;
    if (size > atMost || (best !== null && cost >= best.cost)) continue;
    if (satisfiesIntegerRows(problem, mask)) best = { mask, cost };
  }
  return best;
}

const unsat: Lie = (answer) => ({ ...answer, status: 'infeasible', mask: null });
const wrongModel: Lie = (answer) => ({
  ...answer,
  mask: answer.mask && answer.mask.map((value) => 1 - value),
});
const highBound: Lie = (answer) => ({ ...answer, lowerBound: answer.lowerBound + 1 });
const lowBound: Lie = (answer) => ({ ...answer, lowerBound: Math.max(0, answer.lowerBound - 1) });
const worseMask: Lie = (answer) =>
  answer.mask === null
    ? answer
    : { ...answer, mask: answer.mask.map(() => 1), lowerBound: answer.mask.length };
const throws: Lie = () => {
  throw new Error('out of order');
};

export const lies: Record<string, Lie> = { unsat, wrongModel, highBound, lowBound, worseMask, throws };
