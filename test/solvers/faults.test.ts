import test from 'ava';
import { validateProblem } from '../../dist/masks/validate.js';
import { solvePipeline } from '../../dist/solvers/pipeline/pipeline.js';
import { bruteForce, feasibleMasks, maskNumber } from '../support/brute-force.js';
import { randomProblem } from '../support/random-problems.js';
import { proverDouble, lies } from './prover-doubles.js';

for (const [name, lie] of Object.entries(lies)) {
  for (const always of [false, true]) {
    test(`a Z3 that lies (${name}, ${always ? 'always' : 'every other run'}) never gets its lie past the checks`, async (t) => {
      for (let seed = 0; seed < 120; seed++) {
        const problem = randomProblem(seed, 10);
        const truth = bruteForce(problem);
        const z3 = proverDouble('libz3', (answer, run) =>
          always || run % 2 === 0 ? lie(answer, run) : answer,
        );
        const { status, mask, size, lowerBound, report } = await solvePipeline(
          await validateProblem(problem),
          {
            seed: 0,
            threads: 1,
            signal: new AbortController().signal,
            provers: async () => ({ z3, highs: proverDouble('highs') }),
            enumeration: false,
          },
        ).catch((error: Error) => {
          // A prover that never works may end in its error, never in a wrong answer.
          t.is(error.message, 'out of order');
          return { status: 'unknown', mask: null, size: 0, lowerBound: 0, report: null };
        });
        if (mask !== null && !feasibleMasks(problem)[maskNumber(mask)])
          t.fail(`seed ${seed}: an invalid mask`);
        if (status === 'infeasible') t.is(truth.status, 'infeasible', `seed ${seed}: a false infeasibility`);
        if (truth.status === 'infeasible') t.is(mask, null);
        // A bound that is wrong twice over and consistent cannot be seen through; it is labelled.
        const wrong = status === 'optimal' && size !== truth.size;
        const wrongBound = truth.status === 'optimal' && lowerBound > truth.size;
        if (wrong || wrongBound)
          t.true(report!.components.oneProver > 0, `seed ${seed}: ${size} not ${truth.size}`);
        if (wrong || wrongBound)
          t.true(name === 'highBound' || name === 'worseMask', `seed ${seed}: ${name}`);
      }
      t.pass();
    });
  }
}

test('the truth is found when only the first runs lie, and the faults are counted', async (t) => {
  let faults = 0;
  for (let seed = 0; seed < 120; seed++) {
    const problem = randomProblem(seed, 10);
    const truth = bruteForce(problem);
    const z3 = proverDouble('libz3', (answer, run) => (run === 0 ? lies.unsat(answer, run) : answer));
    const { status, size, report } = await solvePipeline(await validateProblem(problem), {
      seed: 0,
      threads: 1,
      signal: new AbortController().signal,
      provers: async () => ({ z3, highs: proverDouble('highs') }),
      enumeration: false,
    });
    t.is(status, truth.status, `seed ${seed}`);
    t.is(size, truth.size, `seed ${seed}`);
    faults += report.faults;
  }
  t.true(faults > 0);
});
