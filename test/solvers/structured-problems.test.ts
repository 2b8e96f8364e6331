import test from 'ava';
import { solveMask } from '../../dist/solvers/solve-mask.js';
import { bruteForce, feasibleMasks, maskNumber } from '../support/brute-force.js';
import { STRUCTURES, structuredProblem } from '../support/structured-problems.js';

// Every kind has the same share of the seeds. `npm run soak -- solver` goes on from here.
const PER_KIND = 40;

test('structured problems of every kind: status and size of brute force in exact arithmetic', async (t) => {
  t.timeout(120_000);
  const kinds = Object.keys(STRUCTURES);
  for (let seed = 0; seed < PER_KIND * kinds.length; seed++) {
    const problem = structuredProblem(seed, 1 + (seed % 13));
    const truth = bruteForce(problem);
    const { status, size, lowerBound, mask } = await solveMask(problem);
    const said = `seed ${seed}, ${kinds[seed % kinds.length]}`;
    t.is(status, truth.status, said);
    if (mask === null) continue;
    t.is(size, truth.size, said);
    t.is(lowerBound, truth.size, said);
    t.is(feasibleMasks(problem)[maskNumber(mask)], 1, said);
  }
});

test('near-ties at one unit in the last place are told apart', async (t) => {
  const above = await solveMask({
    variables: 2,
    rows: [{ columns: [0, 1], coefficients: [0.3, 0.6], lower: 0.6 }],
  });
  // 0.6 does not exceed 0.6; both together do.
  t.like(above, { status: 'optimal', size: 2 });
  const below = await solveMask({
    variables: 2,
    rows: [{ columns: [0, 1], coefficients: [0.3, 0.6], lower: 0.6 * (1 - 2 ** -52) }],
  });
  t.like(below, { status: 'optimal', size: 1 });
});
