// `npm run soak -- solver [--count N] [--first SEED] [--solver native|wasm]`: problem i is random (even i) or
// structured (odd i) of at most 14 variables, against brute force in exact arithmetic; of every 100, one has 20 to 60
// variables and is solved twice: by Z3 alone and by HiGHS alone. Half of the small ones skip our own enumeration, so
// that the engines see them. Of every ten one has dense rows over 49 to 100 variables, as fully connected layers do: what
// `solveMask` says is held against HiGHS alone, and its certificate is replayed. `--first` resumes at a problem.
import { loadAddon } from '../../dist/addon.js';
import { validateProblem } from '../../dist/masks/validate.js';
import { chooseSolver } from '../../dist/solvers/choose-solver.js';
import { nativeProvers } from '../../dist/solvers/provers/native-provers.js';
import { buildCertificate } from '../../dist/solvers/evidence/certificate.js';
import { solvePipeline } from '../../dist/solvers/pipeline/pipeline.js';
import { wasmProvers } from '../../dist/solvers/provers/wasm-provers.js';
import { solveMask } from '../../dist/solvers/solve-mask.js';
import { verifyCertificate } from '../../dist/verification/verify-certificate.js';
import { bruteForce, feasibleMasks, maskNumber } from '../../test/support/brute-force.js';
import { randomProblem } from '../../test/support/random-problems.js';
import { structuredProblem } from '../../test/support/structured-problems.js';
import { denseProblem } from '../../test/support/dense-problems.js';
import { everyTenSeconds, line, soakOptions } from './options.mjs';

const AT_ONCE = 4;
const LARGE_SECONDS = 20;
const SMALL_SECONDS = 60;

export default async function soak(args) {
  const { count, first, solver } = soakOptions(args, { count: 100_000, first: 1_000_000 });
  const engines = chooseSolver(solver).name === 'libz3' ? nativeProvers(loadAddon()) : wasmProvers(2);
  const totals = {
    problems: 0,
    large: 0,
    dense: 0,
    unprovenDense: 0,
    infeasible: 0,
    wrong: 0,
    faults: 0,
    unproven: 0,
    unprovenLarge: 0,
  };
  const tell = everyTenSeconds(() => console.error(`next ${first + totals.problems}: ${line(totals)}`));

  async function solve(problem, chosen, enumeration, seconds) {
    const solution = await solvePipeline(await validateProblem(problem), {
      seed: 0,
      threads: 1,
      signal: AbortSignal.timeout(seconds * 1000),
      provers: async () => chosen,
      enumeration,
    });
    totals.faults += solution.report.faults;
    return solution;
  }

  const wrong = (index, message) => {
    totals.wrong += 1;
    console.log(`WRONG problem ${index}: ${message}`);
  };

  async function small(index) {
    // Kinds follow from the seed's remainder: neither parity nor enumeration may pick among them.
    const seed = Math.floor(index / 2);
    const problem = index % 2 ? structuredProblem(seed, 1 + (seed % 14)) : randomProblem(seed);
    const enumeration = Math.floor(index / 20) % 2 === 0;
    const truth = bruteForce(problem);
    const { status, mask, size, lowerBound } = await solve(problem, engines, enumeration, SMALL_SECONDS);
    if (truth.status === 'infeasible') totals.infeasible += 1;
    const said = `expected ${truth.status} ${truth.size}, got ${status} ${size}, bound ${lowerBound}`;
    if (mask !== null && !feasibleMasks(problem)[maskNumber(mask)])
      wrong(index, `mask breaks a row; ${said}`);
    else if (status === 'feasible' || status === 'unknown') {
      totals.unproven += 1;
      if (truth.status === 'optimal' && lowerBound > truth.size) wrong(index, said);
    } else if (status !== truth.status || size !== truth.size) wrong(index, said);
    else if (status === 'optimal' && lowerBound !== size) wrong(index, said);
  }

  async function large(index) {
    totals.large += 1;
    const seed = Math.floor(index / 2);
    const problem = structuredProblem(seed, 20 + (seed % 41));
    const answers = [];
    for (const z3 of [engines.z3, engines.highs].filter(Boolean)) {
      answers.push(await solve(problem, { z3, highs: null }, true, LARGE_SECONDS));
    }
    const said = answers
      .map(({ status, size, lowerBound }) => `${status} ${lowerBound}..${size}`)
      .join(' and ');
    if (answers.some(({ status }) => status === 'infeasible')) totals.infeasible += 1;
    if (answers.some(({ status }) => status === 'feasible' || status === 'unknown'))
      totals.unprovenLarge += 1;
    const masks = answers.filter(({ mask }) => mask !== null);
    const least = Math.min(...masks.map(({ size }) => size));
    if (masks.some(({ lowerBound }) => lowerBound > least)) wrong(index, said);
    if (answers.some(({ status, size }) => status === 'optimal' && size !== least)) wrong(index, said);
    if (masks.length > 0 && answers.some(({ status }) => status === 'infeasible')) wrong(index, said);
  }

  async function dense(index) {
    totals.dense += 1;
    const problem = denseProblem(index, index % 3 ? 49 + (index % 12) : 60 + (index % 41));
    const csr = await validateProblem(problem);
    const options = { solver, threads: 2, seed: index, timeLimit: LARGE_SECONDS, certificate: true };
    const solution = await solveMask(problem, options);
    const truth = await solvePipeline(csr, {
      ...{ seed: 0, threads: 1, enumeration: false, confirm: 'never' },
      signal: AbortSignal.timeout(LARGE_SECONDS * 1000),
      provers: async () => ({ z3: engines.highs ?? engines.z3, highs: null }),
    });
    const said = `${solution.status} ${solution.lowerBound}..${solution.size}, HiGHS ${truth.status} ${truth.lowerBound}..${truth.size}`;
    const settled = ({ status }) => status === 'optimal' || status === 'infeasible';
    if (truth.status === 'infeasible') totals.infeasible += 1;
    if (!settled(solution) || !settled(truth)) totals.unprovenDense += 1;
    else if (solution.status !== truth.status) wrong(index, said);
    const masks = [solution, truth].filter(({ mask }) => mask !== null);
    if (masks.some(({ size }) => solution.lowerBound > size || truth.lowerBound > size)) wrong(index, said);
    const certificate = JSON.parse(JSON.stringify(await buildCertificate(csr, solution)));
    const { verdict, failures } = await verifyCertificate(certificate);
    if (verdict === 'refused') wrong(index, `${said}; its certificate is refused: ${failures.join(' ')}`);
  }

  let next = first;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (next < first + count) {
        const index = next++;
        const kind = index % 100 === 99 ? large : index % 10 === 4 ? dense : small;
        await kind(index).catch((error) => wrong(index, String(error)));
        totals.problems += 1;
        tell();
      }
    }),
  );
  console.log(line(totals));
  engines.z3.dispose();
  engines.highs?.dispose();
  return totals.wrong === 0;
}
