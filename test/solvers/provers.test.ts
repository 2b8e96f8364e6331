import test, { type ExecutionContext } from 'ava';
import { loadAddon } from '../../dist/addon.js';
import { validateProblem } from '../../dist/masks/validate.js';
import type { Provers } from '../../dist/solvers/provers/prover.js';
import { nativeProvers } from '../../dist/solvers/provers/native-provers.js';
import { solvePipeline } from '../../dist/solvers/pipeline/pipeline.js';
import { wasmProvers } from '../../dist/solvers/provers/wasm-provers.js';
import { bruteForce, feasibleMasks, maskNumber } from '../support/brute-force.js';
import { solverAddon, testWith } from '../support/needs.js';
import { randomProblem } from '../support/random-problems.js';

// Tiny components are normally enumerated and would never reach a prover; here every one does.
async function equalsBruteForce(t: ExecutionContext, provers: Provers, count: number): Promise<void> {
  for (let seed = 0; seed < count; seed++) {
    const problem = randomProblem(seed);
    const truth = bruteForce(problem);
    const { status, mask, size, report } = await solvePipeline(await validateProblem(problem), {
      seed: 0,
      threads: 2,
      signal: new AbortController().signal,
      provers: async () => provers,
      enumeration: false,
    });
    if (status !== truth.status || size !== truth.size) {
      t.fail(`seed ${seed}: expected ${truth.status} ${truth.size}, got ${status} ${size}`);
    }
    if (mask !== null && !feasibleMasks(problem)[maskNumber(mask)]) t.fail(`seed ${seed}: mask breaks a row`);
    if (report.faults > 0) t.log(`seed ${seed}: ${report.faults} faults caught`);
  }
  t.pass();
}

const full = process.env.SMUG_FUZZ === 'full';
const native = () => nativeProvers(loadAddon()!)!;

testWith(solverAddon)('libz3 equals brute force', async (t) => {
  t.timeout(300_000);
  await equalsBruteForce(t, { z3: native().z3, highs: null }, 2000);
});

const nativeHighs = {
  ...solverAddon,
  missing: solverAddon.missing ?? (native().highs === null ? 'the addon was built without HiGHS' : null),
};
testWith(nativeHighs)('HiGHS equals brute force', async (t) => {
  t.timeout(300_000);
  await equalsBruteForce(t, { z3: native().highs!, highs: null }, full ? 2000 : 300);
});

test('Z3 in WASM equals brute force', async (t) => {
  t.timeout(300_000);
  const provers = wasmProvers(1);
  await equalsBruteForce(t, { z3: provers.z3, highs: null }, full ? 2000 : 300);
  provers.z3.dispose();
});

test('HiGHS in WASM equals brute force', async (t) => {
  t.timeout(300_000);
  const provers = wasmProvers(1);
  await equalsBruteForce(t, { z3: provers.highs!, highs: null }, full ? 2000 : 150);
  provers.highs!.dispose();
});
