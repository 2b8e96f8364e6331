import test from 'ava';
import { solveMask } from '../../dist/solvers/solve-mask.js';
import { bruteForce, maskNumber } from '../support/brute-force.js';
import { randomProblem } from '../support/random-problems.js';
import { randomNumbers } from '../support/random-numbers.js';

test('with weights the mask is the heaviest of the smallest ones', async (t) => {
  let choices = 0;
  for (let seed = 0; seed < 300; seed++) {
    const problem = randomProblem(seed, 10);
    const random = randomNumbers(seed);
    const weights = Float64Array.from({ length: problem.variables }, () => random());
    const { status, smallest } = bruteForce(problem);
    const solution = await solveMask({ ...problem, weights });
    t.is(solution.status, status);
    if (status === 'infeasible') continue;
    const weigh = (bits: number) => weights.reduce((sum, weight, j) => sum + ((bits >> j) & 1) * weight, 0);
    const best = Math.max(...smallest.map(weigh));
    if (smallest.length > 1) choices++;
    t.is(solution.heaviest, 'proven');
    t.true(Math.abs(weigh(maskNumber(solution.mask!)) - best) < 1e-12, `seed ${seed}`);
  }
  t.true(choices > 15);
});

test('the core is what all smallest masks have in common', async (t) => {
  for (let seed = 0; seed < 300; seed++) {
    const problem = randomProblem(seed, 10);
    const { status, smallest } = bruteForce(problem);
    const { core } = await solveMask(problem, { core: true });
    if (status === 'infeasible') {
      t.is(core, undefined);
      continue;
    }
    const roles = Array.from({ length: problem.variables }, (_, j) => {
      const having = smallest.filter((bits) => (bits >> j) & 1).length;
      return having === smallest.length ? 2 : having > 0 ? 1 : 0;
    });
    t.deepEqual([...core!.roles], roles, `seed ${seed}`);
    t.is(core!.unproven, 0);
  }
});
