import test from 'ava';
import { solveMask } from '../../dist/solvers/solve-mask.js';
import { bruteForce, feasibleMasks, maskNumber } from '../support/brute-force.js';
import { randomProblem } from '../support/random-problems.js';

test('N distinct masks, best first, are the N smallest feasible ones; after the last the answer says so', async (t) => {
  t.timeout(300_000);
  for (let seed = 0; seed < 300; seed++) {
    const problem = randomProblem(seed, 9);
    const asked = 1 + (seed % 40);
    const { bySize } = bruteForce(problem);
    const sizes = bySize.flatMap((count, size) => new Array<number>(count).fill(size));
    const { solutions, exhausted, mask, status } = await solveMask(problem, { solutions: asked });
    if (asked === 1) {
      t.is(solutions, undefined);
      continue;
    }
    const found = solutions!.map(({ mask }) => maskNumber(mask));
    const feasible = feasibleMasks(problem);
    if (new Set(found).size !== found.length) t.fail(`seed ${seed}: a mask twice`);
    if (!found.every((number) => feasible[number])) t.fail(`seed ${seed}: an infeasible mask`);
    t.deepEqual(
      solutions!.map(({ size }) => size),
      sizes.slice(0, asked),
      `seed ${seed}`,
    );
    if (sizes.length <= asked && exhausted !== true) t.fail(`seed ${seed}: the end was not recognised`);
    if (sizes.length > asked && exhausted !== false) t.fail(`seed ${seed}: an end that is none`);
    if (status === 'optimal' && maskNumber(mask!) !== found[0])
      t.fail(`seed ${seed}: the first is not the mask`);
  }
});

test('all masks there are, asked for exactly: the answer says that there is no other', async (t) => {
  let asked = 0;
  for (let seed = 0; seed < 200; seed++) {
    const problem = randomProblem(seed, 5);
    const count = bruteForce(problem).bySize.reduce((sum, one) => sum + one, 0);
    if (count < 2) continue;
    asked++;
    const all = await solveMask(problem, { solutions: count });
    t.is(all.solutions!.length, count, `seed ${seed}`);
    t.true(all.exhausted, `seed ${seed}`);
    const fewer = await solveMask(problem, { solutions: Math.max(2, count - 1) });
    if (count > 2) t.false(fewer.exhausted, `seed ${seed}`);
  }
  t.true(asked > 50);
});
