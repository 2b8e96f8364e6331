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
    if (sizes.length < asked && exhausted !== true) t.fail(`seed ${seed}: the end was not recognised`);
    if (sizes.length > asked && exhausted !== false) t.fail(`seed ${seed}: an end that is none`);
    if (status === 'optimal' && maskNumber(mask!) !== found[0])
      t.fail(`seed ${seed}: the first is not the mask`);
  }
});
