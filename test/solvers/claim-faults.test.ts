// What leaves the solver beyond the optimum (the heaviest mask, the core, further masks) when a prover lies.
import test from 'ava';
import type { MaskProblem } from '../../dist/masks/problem.js';
import { validateProblem } from '../../dist/masks/validate.js';
import { claimCounts } from '../../dist/solvers/choice/claim-counts.js';
import { CellRole } from '../../dist/solvers/choice/core.js';
import { Cores, maskCore } from '../../dist/solvers/choice/mask-core.js';
import { preferHeaviest } from '../../dist/solvers/choice/preference.js';
import { rankMasks } from '../../dist/solvers/choice/ranked-masks.js';
import { solvePipeline, type PipelineOptions } from '../../dist/solvers/pipeline/pipeline.js';
import { bruteForce, feasibleMasks, maskNumber } from '../support/brute-force.js';
import { randomProblem } from '../support/random-problems.js';
import { proverDouble, lies, type Lie } from './prover-doubles.js';
import { randomNumbers } from '../support/random-numbers.js';

/** The smallest masks as numbers, by brute force. */
function smallestMasks(problem: MaskProblem, size: number): number[] {
  const ones = (number: number) => number.toString(2).replaceAll('0', '').length;
  const feasible = feasibleMasks(problem);
  return [...feasible.keys()].filter((number) => feasible[number] && ones(number) === size);
}

interface Seen {
  /** Claims that are wrong and say so: each rests on one prover's word. */
  labelled: number;
  checked: number;
}

async function check(
  t: { fail(message: string): void; is(actual: unknown, expected: unknown, message: string): void },
  seed: number,
  liar: 'libz3' | 'highs',
  lie: Lie,
): Promise<Seen> {
  const random = randomNumbers(seed);
  const problem = randomProblem(seed, 9);
  const weights = Array.from({ length: problem.variables }, () => Math.round(random() * 8));
  const csr = await validateProblem({ ...problem, weights });
  const truth = bruteForce(problem);
  const options: PipelineOptions = {
    seed: 0,
    threads: 1,
    signal: new AbortController().signal,
    provers: async () => ({ z3: proverDouble('libz3'), highs: proverDouble('highs') }),
  };
  const result = await solvePipeline(csr, options);
  if (result.status !== 'optimal') return { labelled: 0, checked: 0 };
  const lying: PipelineOptions = {
    ...options,
    enumeration: false,
    provers: async () => ({
      z3: proverDouble('libz3', liar === 'libz3' ? lie : undefined),
      highs: proverDouble('highs', liar === 'highs' ? lie : undefined),
    }),
  };
  const cores = new Cores(csr, result, lying);
  const heaviest = await preferHeaviest(csr, result, cores, lying);
  const core = await maskCore(result, cores);
  const ranking = await rankMasks(csr, result, 6, lying).catch((error: Error) => {
    t.is(error.message, 'out of order', `seed ${seed}`);
    return null;
  });
  const claims = claimCounts({ heaviest, core, ranking })!;
  const smallest = smallestMasks(problem, truth.size);
  let labelled = 0;
  const wrong = (what: string, oneProver: number): void => {
    if (oneProver > 0) labelled++;
    else t.fail(`seed ${seed}, ${liar}: ${what} is wrong and does not say that it rests on one prover`);
  };

  if (!smallest.includes(maskNumber(heaviest.mask))) t.fail(`seed ${seed}: no smallest mask`);
  const weigh = (number: number) =>
    weights.reduce((sum, weight, j) => sum + ((number >> j) & 1 ? weight : 0), 0);
  const best = Math.max(...smallest.map(weigh));
  if (heaviest.proven && weigh(maskNumber(heaviest.mask)) < best)
    wrong('the heaviest mask', claims.heaviest!.oneProver);

  core.core.roles.forEach((role, j) => {
    if (!core.core.proven[j]) return;
    const having = smallest.filter((number) => (number >> j) & 1).length;
    const known = having === 0 ? CellRole.none : having === smallest.length ? CellRole.every : CellRole.some;
    if (role === known) return;
    if (role === CellRole.some) t.fail(`seed ${seed}: cell ${j} is not in some of the smallest masks`);
    else wrong(`the role of cell ${j}`, claims.core!.oneProver);
  });

  if (ranking !== null) {
    const numbers = ranking.solutions.map(({ mask }) => maskNumber(mask));
    const feasible = feasibleMasks(problem);
    if (!numbers.every((number) => feasible[number])) t.fail(`seed ${seed}: an invalid mask`);
    if (new Set(numbers).size !== numbers.length) t.fail(`seed ${seed}: a mask twice`);
    const sizes = truth.bySize.flatMap((count, size) => new Array<number>(count).fill(size));
    if (ranking.exhausted && sizes.length !== numbers.length)
      wrong('the end of the masks', claims.solutions!.oneProver);
    const order = ranking.solutions.map(({ size }) => size).join();
    if (order !== sizes.slice(0, numbers.length).join())
      wrong('the order of the masks', claims.solutions!.oneProver);
  }
  return { labelled, checked: 1 };
}

for (const liar of ['libz3', 'highs'] as const) {
  for (const [name, lie] of Object.entries(lies)) {
    test(`${liar} lies (${name}) about the heaviest mask, the core and further masks`, async (t) => {
      let checked = 0;
      let labelled = 0;
      for (let seed = 0; seed < 60; seed++) {
        const seen = await check(t, seed, liar, lie);
        checked += seen.checked;
        labelled += seen.labelled;
      }
      t.true(checked > 20, String(checked));
      t.log(`${checked} problems, ${labelled} wrong claims, all labelled as one prover's word`);
    });
  }
}

test('provers that tell the truth are never doubted', async (t) => {
  for (let seed = 0; seed < 60; seed++) {
    const { labelled } = await check(t, seed, 'libz3', (answer) => answer);
    t.is(labelled, 0, `seed ${seed}`);
  }
});
