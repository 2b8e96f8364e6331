import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { sizeOfMask } from '../../dist/masks/mask-cost.js';
import type { SolveProgress } from '../../dist/solvers/solver.js';
import { solveMask } from '../../dist/solvers/solve-mask.js';
import { solveMaskSteps, type SolveStep } from '../../dist/solvers/solve-steps.js';
import { hardProblem, holds } from '../support/hard-problem.js';
import { randomProblem } from '../support/random-problems.js';

async function all(steps: AsyncIterable<SolveStep>): Promise<SolveStep[]> {
  const seen: SolveStep[] = [];
  for await (const step of steps) seen.push(step);
  return seen;
}

test('the last step, and only that, carries what solveMask returns', async (t) => {
  for (let seed = 0; seed < 60; seed++) {
    const seen = await all(solveMaskSteps(randomProblem(seed)));
    const { solution, ...last } = seen.pop()!;
    t.true(seen.every((step) => step.solution === null));
    const { wallMs: _, report: __, ...expected } = await solveMask(randomProblem(seed));
    t.like(solution, expected, `seed ${seed}`);
    t.deepEqual(last.mask, expected.mask);
    t.is(last.size, expected.mask === null ? null : expected.size);
  }
});

test('once the size is settled, the steps say that what is left is a choice', async (t) => {
  // Any two of six: fifteen smallest masks, one of them heaviest.
  const columns = [0, 1, 2, 3, 4, 5];
  const problem = {
    variables: 6,
    rows: [{ columns, coefficients: [1, 1, 1, 1, 1, 1], lower: 1 }],
    weights: columns,
  };
  const stages: SolveProgress[] = [];
  const solution = await solveMask(problem, {
    heaviest: true,
    core: true,
    onProgress: (step) => stages.push(step),
  });
  t.is(solution.status, 'optimal');
  const choosing = stages.findIndex(({ stage }) => stage === 'choosing');
  t.true(choosing >= 0);
  for (const { stage, size, lowerBound, mask } of stages.slice(choosing)) {
    t.is(stage, 'choosing');
    t.deepEqual([size, lowerBound, sizeOfMask(mask!)], [solution.size, solution.size, solution.size]);
  }
  const plain: SolveProgress[] = [];
  await solveMask(problem, { heaviest: false, onProgress: (step) => plain.push(step) });
  t.true(plain.every(({ stage }) => stage === 'proving'));
});

test.serial('masks on the way hold, sizes only fall, bounds only rise', async (t) => {
  const problem = hardProblem();
  const stop = new AbortController();
  const seen: SolveStep[] = [];
  for await (const step of solveMaskSteps(problem, { signal: stop.signal })) {
    seen.push(step);
    if (seen.length === 5) stop.abort();
  }
  t.true(seen.length > 5);
  seen.forEach((step, at) => {
    if (at > 0) t.true(step.size! <= (seen[at - 1].size ?? Infinity));
    if (at > 0) t.true(step.lowerBound >= seen[at - 1].lowerBound);
    if (step.mask === null) return;
    t.true(holds(problem, step.mask));
    t.is(sizeOfMask(step.mask), step.size!);
  });
  t.is(seen.at(-1)!.solution!.status, 'feasible');
});

test.serial('a slow reader gets the newest step, not a queue of old ones', async (t) => {
  const reports: SolveProgress[] = [];
  const steps = solveMaskSteps(hardProblem(), { onProgress: (report) => reports.push(report) });
  await steps.next();
  const before = reports.length;
  while (reports.length < before + 3) await sleep(10);
  const { value } = await steps.next();
  const { solution, ...step } = value as SolveStep;
  t.is(solution, null);
  t.deepEqual(step, reports.at(-1));
  await steps.return();
});

test.serial('leaving the loop stops the solver', async (t) => {
  const problem = hardProblem();
  const start = performance.now();
  for await (const step of solveMaskSteps(problem)) {
    t.is(step.solution, null);
    break;
  }
  // The first step takes some hundred milliseconds on a busy machine, the stop 200.
  t.true(performance.now() - start < 5000);
});

test.serial(
  'return() during a waiting next() gives it the last step; none before the first next() runs anything',
  async (t) => {
    const steps = solveMaskSteps(hardProblem());
    await steps.next();
    let waiting = steps.next();
    const left = steps.return();
    let step = await waiting;
    if (!step.done && step.value.solution === null) {
      // A report had come just before.
      waiting = steps.next();
      step = await waiting;
    }
    t.true(step.done || step.value.solution !== null);
    t.true((await left).done);
    t.true((await steps.next()).done);
    const unused = solveMaskSteps({ variables: -1, rows: [] });
    t.true((await unused.return()).done);
  },
);

test.serial('signals end with the best so far, errors reject next()', async (t) => {
  const stop = new AbortController();
  const steps = solveMaskSteps(hardProblem(), { signal: stop.signal });
  await steps.next();
  stop.abort();
  const rest = await all(steps);
  t.is(rest.at(-1)!.solution!.status, 'feasible');
  await t.throwsAsync(solveMaskSteps({ variables: -1, rows: [] }).next(), { code: 'BAD_PROBLEM' });
  const problem = randomProblem(1);
  await t.throwsAsync(solveMaskSteps(problem, { signal: 3 as never }).next(), { message: /signal/ });
  await t.throwsAsync(solveMaskSteps(problem, { onProgress: 3 as never }).next(), { message: /onProgress/ });
  await t.throwsAsync(solveMaskSteps(problem, null as never).next(), { message: /options/ });
});
