import test from 'ava';
import { solveMask } from '../../dist/solvers/solve-mask.js';
import { chooseSolver } from '../../dist/solvers/choose-solver.js';
import type { MaskSolution } from '../../dist/solvers/solution.js';
import { bruteForce, feasibleMasks, maskNumber } from '../support/brute-force.js';
import { randomProblem } from '../support/random-problems.js';

const COUNT = Number(process.env.SMUG_FUZZ_PROBLEMS ?? 2000);
const native = chooseSolver('auto').name === 'libz3';

for (const solver of native ? (['native', 'wasm'] as const) : (['wasm'] as const)) {
  test(`${COUNT} random problems, ${solver}: status and size of brute force in exact arithmetic`, async (t) => {
    t.timeout(600_000);
    let infeasible = 0;
    for (let from = 0; from < COUNT; from += 8) {
      const seeds = Array.from({ length: Math.min(8, COUNT - from) }, (_, i) => from + i);
      await Promise.all(
        seeds.map(async (seed) => {
          const problem = randomProblem(seed);
          const truth = bruteForce(problem);
          const solution = await solveMask(problem, { solver });
          const said = `seed ${seed}: ${JSON.stringify({ ...solution, report: undefined })}`;
          if (solution.status !== truth.status) t.fail(`expected ${truth.status}; ${said}`);
          if (truth.status === 'infeasible') {
            infeasible++;
            if (solution.mask !== null) t.fail(said);
            return;
          }
          checkMask(problem, solution, truth.size, (message) => t.fail(`${message}; ${said}`));
        }),
      );
    }
    t.true(infeasible > COUNT / 50 && infeasible < COUNT / 2, `${infeasible} infeasible ones`);
  });
}

function checkMask(
  problem: ReturnType<typeof randomProblem>,
  solution: MaskSolution,
  size: number,
  fail: (message: string) => void,
): void {
  if (solution.size !== size || solution.lowerBound !== size) fail(`expected size and bound ${size}`);
  if (solution.gap !== 0) fail('expected no gap');
  if (!feasibleMasks(problem)[maskNumber(solution.mask!)]) fail('the mask breaks a row');
  // Where the report says that float64 summation cannot go wrong, the plain loop must agree.
  if (solution.report!.robust && !problem.rows.every((row) => plainSum(row, solution.mask!) > row.lower)) {
    fail('the mask breaks a row in float64');
  }
}

function plainSum(row: ReturnType<typeof randomProblem>['rows'][number], mask: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < row.columns.length; at++) if (mask[row.columns[at]]) sum += row.coefficients[at];
  return sum;
}
