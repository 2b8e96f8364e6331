// Components of few dense rows, which fully connected first layers give: solved without a prover.
import test from 'ava';
import { validateProblem } from '../../dist/masks/validate.js';
import { buildCertificate } from '../../dist/solvers/evidence/certificate.js';
import { verifyCertificate } from '../../dist/verification/verify-certificate.js';
import { chooseSolver } from '../../dist/solvers/choose-solver.js';
import { loadAddon } from '../../dist/addon.js';
import { nativeProvers } from '../../dist/solvers/provers/native-provers.js';
import { wasmProvers } from '../../dist/solvers/provers/wasm-provers.js';
import { solveMask } from '../../dist/solvers/solve-mask.js';
import { solvePipeline } from '../../dist/solvers/pipeline/pipeline.js';
import { denseProblem } from '../support/dense-problems.js';

const provers = chooseSolver(undefined).name === 'libz3' ? nativeProvers(loadAddon()!)! : wasmProvers(1);
test.after.always(() => [provers.z3, provers.highs!].forEach((prover) => prover.dispose()));

test('dense components: the size that the provers prove, and evidence that needs none of them', async (t) => {
  let without = 0;
  for (let seed = 0; seed < 30; seed++) {
    const problem = denseProblem(seed);
    const csr = await validateProblem(problem);
    const solution = await solveMask(problem, { certificate: true });
    const truth = await solvePipeline(csr, {
      seed: 0,
      threads: 1,
      signal: new AbortController().signal,
      provers: async () => provers,
      enumeration: false,
      // Z3 takes minutes to say the same of such rows; that two ways agree is what is looked at here.
      confirm: 'never',
    });
    const { status, size, lowerBound } = truth;
    t.like(solution, { status, size, lowerBound }, `seed ${seed}`);
    t.not(status, 'feasible');
    if (solution.report!.provers.length > 0) continue;
    without++;
    const certificate = JSON.parse(JSON.stringify(await buildCertificate(csr, solution)));
    const { verdict, failures, reasons } = await verifyCertificate(certificate);
    t.is(verdict, 'verified-exact', `seed ${seed}: ${[...failures, ...reasons].join(' ')}`);
    certificate.lowerBound++;
    t.is((await verifyCertificate(certificate)).verdict, 'refused', `seed ${seed}`);
  }
  t.true(without >= 25, String(without));
  t.log(`${without} of 30 without a prover`);
});

test('the answer does not depend on threads, nor on a signal that is never raised', async (t) => {
  for (let seed = 0; seed < 5; seed++) {
    const problem = denseProblem(seed);
    const [one, two] = await Promise.all([
      solveMask(problem, { threads: 1 }),
      solveMask(problem, { threads: 2, signal: new AbortController().signal }),
    ]);
    t.deepEqual(one.mask, two.mask);
  }
});

test('a dense component is left at once when the signal is raised', async (t) => {
  for (let after = 5; after <= 205; after += 40) {
    const stop = new AbortController();
    const running = solveMask(denseProblem(7), { signal: stop.signal, seed: after });
    await new Promise((resolve) => setTimeout(resolve, after));
    const raised = performance.now();
    stop.abort();
    const { status, mask } = await running;
    t.true(performance.now() - raised < 500, `${performance.now() - raised} ms`);
    t.true(mask !== null || status === 'unknown');
  }
});
