// The search that learns lemmas: against brute force, and its proofs against the verifier's replay.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test from 'ava';
import { roundRows, satisfiesIntegerRows, type IntegerProblem } from '../../dist/masks/integer-rows.js';
import {
  fastestLemmaSearch,
  portableLemmaSearch,
  type MakeLemmaSearch,
} from '../../dist/solvers/bounds/lemma-search.js';
import { refuteByLemmas, type LemmaProof } from '../../dist/verification/lemmas.js';
import { System } from '../../dist/verification/system.js';
import { Work } from '../../dist/verification/work.js';
import { randomIntegerProblem } from '../support/integer-problems.js';
import { randomNumbers } from '../support/random-numbers.js';
import { solverAddon, testWith } from '../support/needs.js';
// @ts-expect-error -- a plain script
import { recordOfSources } from '../../scripts/lemma-module.mjs';

const wasm = (name: string) => new URL(`../../native/solver/wasm/${name}`, import.meta.url);

const native = testWith(solverAddon);
/** Both ways there are. */
const ways: [name: string, test: typeof native, make: MakeLemmaSearch][] = [
  ['the addon', native, fastestLemmaSearch(true)!],
  ['the module', test, portableLemmaSearch],
];

/** The least number of ones, by all masks; null: no mask holds. */
function leastOnes(problem: IntegerProblem): number | null {
  let least: number | null = null;
  for (let number = 0; number < 1 << problem.variables; number++) {
    const mask = Uint8Array.from({ length: problem.variables }, (_, j) => (number >> j) & 1);
    const size = mask.reduce((sum, value) => sum + value, 0);
    if ((least === null || size < least) && satisfiesIntegerRows(problem, mask)) least = size;
  }
  return least;
}

/** Runs the search to its end; what it proves is that no mask has fewer ones than it says. */
function prove(problem: IntegerProblem, search: MakeLemmaSearch): { bound: number; proof: LemmaProof } {
  let bound = problem.variables + 1;
  const run = search(problem, bound, true);
  for (;;) {
    const { state, candidate } = run.resume(3);
    if (state === 'candidate') {
      bound = candidate!.reduce((sum, value) => sum + value, 0);
      run.lower(bound);
    }
    if (state !== 'proven') continue;
    const { vectors, lemmas } = run.proof();
    const size = problem.bounds.length;
    const whole = vectors.map(([scale, ...pairs]) => [...pairs, size, 2 ** scale]);
    return { bound, proof: { kind: 'lemmas', vectors: whole, lemmas } };
  }
}

/** The rows as the verifier has them, with the row that fewer ones than the bound would satisfy. */
function systemOf(
  { variables, offsets, columns, coefficients, bounds }: IntegerProblem,
  bound: number,
): System {
  const rows = Array.from(bounds, (need, row) => ({
    columns: Array.from(columns.subarray(offsets[row], offsets[row + 1])),
    values: Array.from(coefficients.subarray(offsets[row], offsets[row + 1]), BigInt),
    need: BigInt(need),
  }));
  const system = new System(variables, rows, rows);
  system.limitSize(bound - 1);
  return system;
}

const work = () => new Work(Infinity, undefined);

for (const [name, check, make] of ways) {
  check(`${name}: the least number of ones, and a proof of it that replays`, async (t) => {
    let infeasible = 0;
    for (let seed = 0; seed < 400; seed++) {
      const random = randomNumbers(seed);
      const problem = randomIntegerProblem(
        random,
        6 + Math.floor(random() * 8),
        3 + Math.floor(random() * 8),
      );
      const least = leastOnes(problem);
      const { bound, proof } = prove(problem, make);
      if (least === null) infeasible++;
      t.is(bound, least ?? problem.variables + 1, `seed ${seed}`);
      t.is(await refuteByLemmas(systemOf(problem, bound), proof, work()), null, `seed ${seed}`);
      if (least !== null)
        t.not(
          await refuteByLemmas(systemOf(problem, bound + 1), proof, work()),
          null,
          `seed ${seed}, one more`,
        );
    }
    t.true(infeasible > 20 && infeasible < 380, String(infeasible));
  });

  check(`${name}: a proof with a number changed is refused, or still shows what is true`, async (t) => {
    let refused = 0;
    for (let seed = 0; seed < 40; seed++) {
      const random = randomNumbers(1000 + seed);
      const problem = randomIntegerProblem(random, 12, 8);
      const least = leastOnes(problem);
      if (least === null) continue;
      const { proof } = prove(problem, make);
      for (let change = 0; change < 30; change++) {
        const vectors = proof.vectors.map((vector) => [...vector]);
        const lemmas = [...proof.lemmas];
        const list =
          random() < 0.3 && vectors.length > 0 ? vectors[Math.floor(random() * vectors.length)] : lemmas;
        list[Math.floor(random() * list.length)] += random() < 0.5 ? 1 : Math.floor(random() * 40);
        const forged: LemmaProof = { kind: 'lemmas', vectors, lemmas };
        // Of the true claim some changes are harmless; of a false one nothing is ever shown.
        if ((await refuteByLemmas(systemOf(problem, least), forged, work())) !== null) refused++;
        t.not(await refuteByLemmas(systemOf(problem, least + 1), forged, work()), null, `seed ${seed}`);
      }
    }
    t.true(refused > 200, String(refused));
  });

  check(`${name}: the search depends on its input alone, however it is divided`, (t) => {
    const problem = roundRows({
      variables: 40,
      offsets: Uint32Array.of(0, 40, 80, 120),
      columns: Uint32Array.from({ length: 120 }, (_, at) => at % 40),
      coefficients: Float64Array.from({ length: 120 }, (_, at) => ((at * 7919) % 101) / 101 + 0.05),
      lower: Float64Array.of(6, 7, 6.5),
    }).ceiling;
    const proofs = [1, 3, 1000].map((slice) => {
      const run = make(problem, 41, true);
      for (;;) {
        const { state, candidate, nodes } = run.resume(slice);
        if (state === 'candidate') run.lower(candidate!.reduce((sum, value) => sum + value, 0));
        if (state === 'proven') return { nodes, ...run.proof() };
      }
    });
    t.deepEqual(proofs[1], proofs[0]);
    t.deepEqual(proofs[2], proofs[0]);
  });
}

native('the module takes the steps of the addon, to the same proof', (t) => {
  for (let seed = 0; seed < 60; seed++) {
    const random = randomNumbers(5000 + seed);
    const problem = randomIntegerProblem(
      random,
      10 + Math.floor(random() * 50),
      4 + Math.floor(random() * 20),
    );
    const [own, other] = [fastestLemmaSearch(true)!, portableLemmaSearch].map((make) => {
      const run = make(problem, problem.variables + 1, true);
      const relaxation = run.relaxation();
      const multipliers = run.multipliers();
      const states: unknown[] = [];
      for (;;) {
        const { state, candidate, rootBound, nodes } = run.resume(40);
        states.push({ state, candidate, rootBound, nodes });
        if (state === 'candidate') run.lower(candidate!.reduce((sum, value) => sum + value, 0));
        if (state === 'proven') return { relaxation, multipliers, states, proof: run.proof() };
        if (nodes > 4000) return { relaxation, multipliers, states };
      }
    });
    t.deepEqual(other, own, `seed ${seed}`);
  }
});

test('the module is made of the sources that lie beside it', (t) => {
  const { module, sources } = JSON.parse(readFileSync(wasm('lemma_search.json'), 'utf8')) as {
    module: string;
    sources: Record<string, string>;
  };
  const digest = (path: URL) => createHash('sha256').update(readFileSync(path)).digest('hex');
  const say = 'make it anew: node scripts/lemma-module.mjs --compile';
  t.is(module, digest(wasm('lemma_search.wasm')), say);
  t.is(
    module,
    digest(new URL('../../dist/solvers/bounds/lemma-search.wasm', import.meta.url)),
    'npm run build',
  );
  t.deepEqual(sources, recordOfSources(), say);
});

test('where the address space is bounded a dense problem is solved without the module', (t) => {
  const script = `
    import { solveMask } from ${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)};
    import { lemmaModuleRuns } from ${JSON.stringify(new URL('../../dist/solvers/bounds/lemma-module.js', import.meta.url).href)};
    const columns = [...Array(60).keys()];
    const rows = [{ columns, coefficients: columns.map((at) => 1 + (at % 7) / 10), lower: 20.5 }];
    const { status, size } = await solveMask({ variables: 60, rows }, { solver: 'wasm' });
    console.log(lemmaModuleRuns(), status, size);
    process.exit();
  `;
  // Eight of 1.6 and six of 1.5 pass 20.5. Eight gigabytes of addresses; WebAssembly sets aside ten for a memory.
  const bounded = 'ulimit -v 8000000; exec "$0" --input-type=module -e "$1"';
  const child = spawnSync('bash', ['-c', bounded, process.execPath, script], {
    encoding: 'utf8',
    env: { ...process.env, SMUG_NATIVE: '0' },
    timeout: 60_000,
  });
  t.is(child.stdout.trim(), 'false optimal 14', child.stderr);
});
