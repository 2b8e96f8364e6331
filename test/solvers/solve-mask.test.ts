import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import type { MaskProblem } from '../../dist/masks/problem.js';
import { chooseSolver } from '../../dist/solvers/choose-solver.js';
import { solveMask } from '../../dist/solvers/solve-mask.js';
import { bruteForce } from '../support/brute-force.js';
import { hardProblem, holds } from '../support/hard-problem.js';
import { randomProblem } from '../support/random-problems.js';
import { sharedPath } from '../support/shared-data.js';
import { Stalls } from './stalls.js';
import { randomNumbers } from '../support/random-numbers.js';
import { sharedData, testWith } from '../support/needs.js';

const shared = testWith(sharedData);

const native = chooseSolver('auto').name === 'libz3';
const solvers = native ? (['native', 'wasm'] as const) : (['wasm'] as const);
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

test('empty, trivial and infeasible problems have clear answers', async (t) => {
  const empty = await solveMask({ variables: 0, rows: [] });
  t.like(empty, { status: 'optimal', size: 0, lowerBound: 0, gap: 0 });
  t.deepEqual(empty.mask, new Uint8Array(0));
  const free = await solveMask({ variables: 3, rows: [] });
  t.like(free, { status: 'optimal', size: 0 });
  const never = await solveMask({ variables: 3, rows: [{ columns: [], coefficients: [], lower: 0 }] });
  t.like(never, { status: 'infeasible', mask: null, size: 0, gap: 1 });
  const strict = await solveMask({ variables: 1, rows: [{ columns: [0], coefficients: [1], lower: 1 }] });
  t.is(strict.status, 'infeasible');
  const just = await solveMask({
    variables: 1,
    rows: [{ columns: [0], coefficients: [1], lower: 1 - 2 ** -53 }],
  });
  t.like(just, { status: 'optimal', size: 1 });
});

test('both forms of a problem, and typed arrays, have the same answer', async (t) => {
  const problem = randomProblem(40, 12);
  const rows = await solveMask(problem);
  const offsets = Uint32Array.from([
    0,
    ...problem.rows.map(
      (
        (sum) => (row) =>
          (sum += row.columns.length)
      )(0),
    ),
  ]);
  const csr = await solveMask({
    variables: problem.variables,
    offsets,
    columns: Uint32Array.from(problem.rows.flatMap((row) => Array.from(row.columns))),
    coefficients: Float64Array.from(problem.rows.flatMap((row) => Array.from(row.coefficients))),
    lower: Float64Array.from(problem.rows, (row) => row.lower),
  });
  t.deepEqual(csr.mask, rows.mask);
  t.is(csr.status, rows.status);
});

for (const solver of solvers) {
  shared.serial(`the sizes recorded for the shared problems, ${solver}`, async (t) => {
    t.timeout(300_000);
    const known: Record<string, number> = {
      'squeezenet-w4-g0': 446,
      'k7s2-top-w4-g0': 489,
      'mnist-fc-g05': 28,
      ...(solver === 'native' ? { 'squeezenet-w1-g05': 3484, 'k7s2-ig-w3-g0': 699, 'mnist-fc-g09': 70 } : {}),
    };
    for (const [name, size] of Object.entries(known)) {
      const problem = JSON.parse(readFileSync(sharedPath('problems', `${name}.json`), 'utf8')) as MaskProblem;
      const solution = await solveMask(problem, { solver });
      t.like(solution, { status: 'optimal', size, lowerBound: size, gap: 0 }, name);
      t.true(holds(problem, solution.mask!), name);
      t.is(solution.report!.faults, 0, name);
      t.log(`${name}: agreed ${solution.report!.agreementMs?.toFixed()} ms, ${solution.wallMs.toFixed()} ms`);
    }
  });

  test.serial(`a time limit stops at once with the best mask and bound, ${solver}`, async (t) => {
    const problem = hardProblem();
    for (const timeLimit of [1, 2]) {
      const stalls = new Stalls();
      const start = performance.now();
      const solution = await solveMask(problem, { solver, timeLimit });
      const late = performance.now() - start - timeLimit * 1000;
      t.is(solution.status, 'feasible');
      t.true(holds(problem, solution.mask!));
      t.true(solution.lowerBound <= solution.size && solution.size < problem.variables);
      const allowed = stalls.allowedMs();
      t.true(late < allowed, `${late.toFixed()} ms late, ${allowed.toFixed()} allowed`);
    }
  });

  test.serial(`cancelling at any moment ends soon and leaves nothing behind, ${solver}`, async (t) => {
    t.timeout(120_000);
    const problem = hardProblem();
    const random = randomNumbers(3);
    for (let round = 0; round < 12; round++) {
      const stop = new AbortController();
      const delay = round === 0 ? 0 : random() * 400;
      const timer = setTimeout(() => stop.abort(), delay);
      const stalls = new Stalls();
      const start = performance.now();
      const solution = await solveMask(problem, { solver, signal: stop.signal });
      clearTimeout(timer);
      const late = performance.now() - start - delay;
      const allowed = stalls.allowedMs();
      t.true(late < allowed, `${late.toFixed()} ms late, ${allowed.toFixed()} allowed`);
      t.true(solution.status === 'feasible' || solution.status === 'unknown');
      if (solution.mask) t.true(holds(problem, solution.mask));
    }
    const before = await solveMask(problem, { solver, signal: AbortSignal.abort() });
    // Nothing was looked for, yet the mask of all cells holds.
    t.is(before.status, 'feasible');
    const after = await solveMask(randomProblem(1), { solver });
    t.is(after.size, bruteForce(randomProblem(1)).size);
  });
}

test.serial('progress only gets better, and ends with the answer', async (t) => {
  const seen: { size: number | null; lowerBound: number; elapsedMs: number }[] = [];
  const solution = await solveMask(hardProblem(), { timeLimit: 3, onProgress: (state) => seen.push(state) });
  t.true(seen.length > 0);
  for (let at = 1; at < seen.length; at++) {
    t.true((seen[at].size ?? Infinity) <= (seen[at - 1].size ?? Infinity));
    t.true(seen[at].elapsedMs >= seen[at - 1].elapsedMs);
    t.true(seen[at].lowerBound >= seen[at - 1].lowerBound);
  }
  t.true(solution.size <= (seen.at(-1)!.size ?? Infinity));
  t.true(solution.lowerBound >= seen.at(-1)!.lowerBound);
});

shared.serial('same seed, same mask, whatever the number of threads', async (t) => {
  const problem = JSON.parse(
    readFileSync(sharedPath('problems', 'k7s2-top-w4-g0.json'), 'utf8'),
  ) as MaskProblem;
  const [first, ...others] = await Promise.all(
    [1, 2, 4].map((threads) => solveMask(problem, { threads, seed: 5 })),
  );
  for (const other of others) t.deepEqual(other.mask, first.mask);
});

/** The longest turn of the event loop while `work` runs: 200 ms are promised; other tests share the machine. */
async function longestTurn(work: () => Promise<void>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  await work();
  delay.disable();
  return delay.max / 1e6;
}

for (const solver of solvers) {
  test.serial(`64 solves at once finish and do not block the event loop, ${solver}`, async (t) => {
    t.timeout(120_000);
    const problems = Array.from({ length: 64 }, (_, seed) => randomProblem(seed));
    const turn = await longestTurn(async () => {
      const solutions = await Promise.all(problems.map((problem) => solveMask(problem, { solver })));
      solutions.forEach((solution, seed) =>
        t.is(solution.size, bruteForce(problems[seed]).size, `seed ${seed}`),
      );
    });
    t.log(`longest turn ${turn.toFixed()} ms`);
    t.true(turn < 400, `${turn.toFixed()} ms`);
  });

  shared.serial(`a large component does not block the event loop, ${solver}`, async (t) => {
    const problem = JSON.parse(
      readFileSync(sharedPath('problems', 'k7s2-ig-w1-g0.json'), 'utf8'),
    ) as MaskProblem;
    const turn = await longestTurn(async () => {
      const { status } = await solveMask(problem, { solver, timeLimit: 4 });
      t.is(status, 'feasible');
    });
    t.log(`longest turn ${turn.toFixed()} ms`);
    t.true(turn < 400, `${turn.toFixed()} ms`);
  });
}

test.serial('many small solves leave memory where it was', async (t) => {
  t.timeout(300_000);
  const rounds = process.env.SMUG_FUZZ === 'full' ? 10_000 : 1500;
  const solveMany = async (from: number, to: number) => {
    for (let seed = from; seed < to; seed++) await solveMask(randomProblem(seed % 50));
  };
  await solveMany(0, 300);
  global.gc?.();
  const before = process.memoryUsage().rss;
  await solveMany(300, 300 + rounds);
  global.gc?.();
  const grown = (process.memoryUsage().rss - before) / 2 ** 20;
  // A leak of one context or one typed array a solve would be far more; heaps breathe by some tens of MiB.
  t.true(grown < 100, `${grown.toFixed()} MiB more after ${rounds} solves`);
});

test('the process ends by itself after solving, cancelling and failing', async (t) => {
  t.timeout(120_000);
  const run = promisify(execFile);
  const script = (body: string) => `
    import { solveMask } from ${JSON.stringify(join(root, 'dist', 'solvers', 'solve-mask.js'))};
    const hard = { variables: 300, rows: Array.from({ length: 600 }, (_, i) => ({
      columns: Array.from({ length: 9 }, (_, j) => (i * 7 + j * j * 13 + j) % 300),
      coefficients: Array.from({ length: 9 }, (_, j) => ((i * 31 + j * 17) % 23) - 6), lower: 8 })) };
    const options = { solver: process.env.WHICH, timeLimit: 2 };
    ${body}
    console.log('end');`;
  const bodies = [
    'await solveMask({ variables: 2, rows: [{ columns: [0, 1], coefficients: [1, 1], lower: 1 }] }, options);',
    'await solveMask(hard, options);',
    'await solveMask(hard, { ...options, signal: AbortSignal.timeout(150) });',
    'await solveMask({ variables: -1, rows: [] }, options).catch(() => {});',
    'await Promise.all([solveMask(hard, options), solveMask(hard, options)]);',
  ];
  for (const which of solvers) {
    for (const body of bodies) {
      const start = performance.now();
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script(body)], {
        timeout: 20_000,
        env: { ...process.env, WHICH: which, NODE_OPTIONS: '' },
      });
      t.is(stdout, 'end\n', `${which}: ${body}`);
      t.true(performance.now() - start < 12_000, `${which}: ${body}`);
    }
  }
});

test('wrong options name themselves', async (t) => {
  const problem = { variables: 1, rows: [] };
  await t.throwsAsync(solveMask(problem, { timeLimit: -1 }), {
    instanceOf: RangeError,
    message: /timeLimit/,
  });
  await t.throwsAsync(solveMask(problem, { timeLimit: NaN }), {
    instanceOf: RangeError,
    message: /timeLimit/,
  });
  await t.throwsAsync(solveMask(problem, { solutions: 1.5 }), {
    instanceOf: RangeError,
    message: /solutions/,
  });
  await t.throwsAsync(solveMask(problem, { threads: 0 }), { instanceOf: RangeError, message: /threads/ });
  await t.throwsAsync(solveMask(problem, { seed: 'x' as never }), { instanceOf: TypeError, message: /seed/ });
  await t.throwsAsync(solveMask(problem, { solver: 'cuda' as never }), {
    instanceOf: RangeError,
    message: /solver/,
  });
  await t.throwsAsync(solveMask(problem, { speed: 3 } as never), {
    instanceOf: TypeError,
    code: 'BAD_OPTION',
    message: /speed.*timeLimit/,
  });
});
