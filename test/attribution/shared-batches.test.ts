// Images that wait together: each gets what it gets alone, whatever becomes of the others. The reference engine computes every
// point by itself, so that "the same" is the same bits.
import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import type { AttributionOptions, KnownPath } from '../../dist/attribution/attribution.js';
import { integratePaths } from '../../dist/attribution/integrated-gradients.js';
import { SharedBatches } from '../../dist/attribution/shared-batches.js';
import type { CompiledNetwork } from '../../dist/engines/engine.js';
import { SmugError } from '../../dist/errors.js';
import { randomNumbers } from '../support/random-numbers.js';
import { sharing, type Watch } from '../support/sharing-engine.js';
import { row, smallNetwork } from './networks.js';

/** relu(a₁ + a₂ − 1.5): flat below the threshold, settled by seven points; beyond it the path has a jump, which takes many. */
const hinge = () =>
  smallNetwork([
    { weights: [[1], [1]], bias: [-1.5], activation: 'relu' },
    { weights: [[1]], bias: [0] },
  ]);
const quick: KnownPath = { activation: row(0.5, 0.5), target: 0 };
const slow: KnownPath = { activation: row(2, 3), target: 0 };
const fine: AttributionOptions = { tolerance: 1e-4 };

function watched(network: CompiledNetwork, pathsThatFill?: number, more: Partial<Watch> = {}) {
  const watch: Watch = { batches: [], rounds: [], ...more };
  return { watch, network: sharing(network, pathsThatFill, watch), shared: new SharedBatches() };
}

async function alone(network: CompiledNetwork, path: KnownPath, options?: AttributionOptions) {
  const [scores] = await integratePaths(network, [path], options);
  return scores;
}

/** Whatever can start by itself has started: turns of the event loop, not milliseconds, which a busy machine skips at once. */
async function turns(): Promise<void> {
  for (let count = 0; count < 20; count++) await turn();
}

/** A door that evaluations wait at. */
function door() {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

test('what waits together is one evaluation per round, and each gets what it gets alone', async (t) => {
  const next = randomNumbers(17);
  const weights = (rows: number, columns: number) =>
    Array.from({ length: rows }, () => Array.from({ length: columns }, () => next() * 4 - 2));
  const plain = await smallNetwork(
    [
      { weights: weights(5, 30), bias: weights(1, 30)[0], activation: 'relu' },
      { weights: weights(30, 3), bias: weights(1, 3)[0] },
    ],
    true,
  );
  const paths: KnownPath[] = Array.from({ length: 8 }, (_, at) => ({
    activation: row(...weights(1, 5)[0]),
    target: at % 3,
    // Paths from zero and from elsewhere, and whose ends are known, share a batch.
    ...(at % 4 === 3 && { baseline: row(...weights(1, 5)[0]) }),
  }));
  const options = { tolerance: 0.003, stability: 0.97, topK: 3 };
  const told: Map<number, number[]> = new Map(paths.map((_, at) => [at, []]));
  const { watch, network, shared } = watched(plain, 8);
  const together = await Promise.all(
    paths.map((path, at) =>
      shared.integrate(network, path, {
        ...options,
        onProgress: ({ steps }) => told.get(at)!.push(steps),
      }),
    ),
  );
  t.deepEqual(watch.batches, [8]);
  t.is(watch.rounds[0], 8);
  const steps = together.map((scores) => scores.steps);
  t.true(new Set(steps).size > 1, 'some take longer than others');
  for (const [at, path] of paths.entries()) {
    const heard: number[] = [];
    const one = watched(plain);
    const scores = await alone(one.network, path, {
      ...options,
      onProgress: ({ steps: points }) => heard.push(points),
    });
    t.deepEqual(together[at], scores);
    t.deepEqual(told.get(at), heard, 'progress is that of the own path');
    t.true(one.watch.rounds.length <= watch.rounds.length);
  }
});

test('a quick path does not wait for a slow one', async (t) => {
  const plain = await hinge();
  const { watch, network, shared } = watched(plain, 8);
  let slowEnded = false;
  const slowest = shared.integrate(network, slow, fine).finally(() => (slowEnded = true));
  const first = await shared.integrate(network, quick, fine);
  t.false(slowEnded);
  t.deepEqual(watch.batches, [2]);
  t.deepEqual(first, await alone(plain, quick, fine));
  t.deepEqual(await slowest, await alone(plain, slow, fine));
});

test('newcomers gather while two batches run, and start when one ends or they are as many as those at work', async (t) => {
  const doors = [door(), door(), door(), door()];
  const { watch, network, shared } = watched(await hinge(), 8, { before: (batch) => doors[batch].opened });
  const ask = () => shared.integrate(network, quick);
  const first = [ask(), ask()];
  await turns();
  const second = [ask()];
  await turns();
  t.deepEqual(watch.batches, [2, 1]);
  const third = [ask()];
  await turns();
  third.push(ask());
  await turns();
  t.deepEqual(watch.batches, [2, 1], 'two wait, three are at work');
  third.push(ask());
  await turns();
  t.deepEqual(watch.batches, [2, 1, 3]);
  const last = ask();
  await turns();
  t.deepEqual(watch.batches, [2, 1, 3]);
  for (const { open } of doors) open();
  await Promise.all([...first, ...second, ...third, last]);
  t.deepEqual(watch.batches, [2, 1, 3, 1]);
});

test('no batch is larger than what fills the engine, and one image that does fill it runs alone', async (t) => {
  const sizes: number[] = [];
  const shared = new SharedBatches((images) => sizes.push(images));
  const small = watched(await hinge(), 2);
  await Promise.all(Array.from({ length: 5 }, () => shared.integrate(small.network, quick)));
  t.deepEqual(small.watch.batches, [2, 2, 1]);
  t.deepEqual(sizes, [2, 2, 1]);
  const full = watched(await hinge());
  await Promise.all(Array.from({ length: 5 }, () => shared.integrate(full.network, quick)));
  t.deepEqual(full.watch.batches, [1, 1, 1, 1, 1]);
  t.is(sizes.length, 3);
});

test('paths of other networks, or under other numbers, have batches of their own', async (t) => {
  const [one, other] = [watched(await hinge(), 8), watched(await hinge(), 8)];
  const { shared } = one;
  const plain = await hinge();
  const options: AttributionOptions[] = [{}, { maxSteps: 40 }, {}, { tolerance: 0.2 }, { steps: 20 }, {}];
  const [elsewhere, ...here] = await Promise.all([
    shared.integrate(other.network, slow),
    ...options.map((own) => shared.integrate(one.network, slow, own)),
  ]);
  t.deepEqual(one.watch.batches.toSorted(), [1, 1, 1, 3]);
  t.deepEqual(other.watch.batches, [1]);
  t.deepEqual(elsewhere, await alone(plain, slow));
  for (const [at, own] of options.entries()) t.deepEqual(here[at], await alone(plain, slow, own));
});

test('a signal gives up its own path, at once; the engine stops when nobody is left', async (t) => {
  const { opened, open } = door();
  let engineSignal: AbortSignal | undefined;
  const plain = await hinge();
  const { watch, network, shared } = watched(plain, 8, {
    before: (_batch, _points, signal) => ((engineSignal = signal), opened),
  });
  const [a, b, c] = [new AbortController(), new AbortController(), new AbortController()];
  const [first, second] = [a, b].map(({ signal }) => shared.integrate(network, slow, { ...fine, signal }));
  await turns();
  t.deepEqual(watch.batches, [2]);
  a.abort();
  await t.throwsAsync(first, { code: 'ABORTED' });
  t.false(engineSignal!.aborted);
  open();
  t.deepEqual(await second, await alone(plain, slow, fine));
  t.deepEqual(watch.batches, [2], 'nobody started again');

  const shut = watched(plain, 8, {
    before: (_batch, _points, signal) =>
      new Promise((_, reject) => signal!.addEventListener('abort', () => reject(new Error('stopped')))),
  });
  const both = [b, c].map(({ signal }) => shared.integrate(shut.network, slow, { ...fine, signal }));
  await turns();
  const waiting = new AbortController();
  const behind = [1, 2].map(() => shared.integrate(shut.network, slow, { ...fine, signal: waiting.signal }));
  await turns();
  const gone = new AbortController();
  const late = shared.integrate(shut.network, slow, { ...fine, signal: gone.signal });
  gone.abort();
  await t.throwsAsync(late, { code: 'ABORTED' }, 'also who waits');
  for (const controller of [b, c, waiting]) controller.abort();
  for (const one of [...both, ...behind]) await t.throwsAsync(one, { code: 'ABORTED' });
  await turns();
  t.deepEqual(shut.watch.batches, [2, 2]);
  await t.throwsAsync(shared.integrate(network, slow, { signal: AbortSignal.abort() }), { code: 'ABORTED' });
});

test('an image whose values overflow fails alone', async (t) => {
  const plain = await hinge();
  const { watch, network, shared } = watched(plain, 8);
  const overflows: KnownPath = { activation: row(3e38, 3e38), target: 0, value: 1 };
  const [good, bad, other] = await Promise.allSettled(
    [slow, overflows, quick].map((path) => shared.integrate(network, path, fine)),
  );
  t.deepEqual(good, { status: 'fulfilled', value: await alone(plain, slow, fine) });
  t.deepEqual(other, { status: 'fulfilled', value: await alone(plain, quick, fine) });
  t.is(bad.status === 'rejected' && (bad.reason as SmugError).code, 'ENGINE_FAILED');
  t.deepEqual(watch.batches, [3, 1, 1, 1]);
});

test('a batch that the memory does not hold is computed one by one', async (t) => {
  const plain = await hinge();
  const { network, shared } = watched(plain, 8, {
    before: (_batch, points) => {
      if (points.some(({ path }) => path > 0)) throw new SmugError('OUT_OF_MEMORY', 'two are too many');
    },
  });
  const results = await Promise.all([slow, quick].map((path) => shared.integrate(network, path, fine)));
  t.deepEqual(results, [await alone(plain, slow, fine), await alone(plain, quick, fine)]);
});

test('a path that ends early for the memory that others take goes on alone to its own number of points', async (t) => {
  const plain = await hinge();
  const { watch, network, shared } = watched(plain, 8, { room: 100 });
  // 25 points each do not settle the slow ones, 100 do.
  const paths = [slow, quick, slow, quick];
  const results = await Promise.all(paths.map((path) => shared.integrate(network, path, fine)));
  for (const [at, path] of paths.entries()) {
    const expected = await alone(network, path, fine);
    t.true(expected.converged && (path === quick || expected.steps > 25));
    t.deepEqual(results[at], expected);
  }
  t.deepEqual(watch.batches.slice(0, 3), [4, 1, 1]);
  // One that its own number ends is not computed twice.
  const capped = await shared.integrate(network, slow, { tolerance: 1e-9, maxSteps: 20 });
  t.false(capped.converged);
  const before = watch.batches.length;
  await Promise.all([slow, slow].map((path) => shared.integrate(network, path, { ...fine, maxSteps: 20 })));
  t.deepEqual(watch.batches.slice(before), [2]);
});

test('a fixed rule that fits in memory only in parts gives each its own sum', async (t) => {
  const plain = await hinge();
  const { watch, network, shared } = watched(plain, 8, { room: 40 });
  const results = await Promise.all(
    [slow, quick].map((path) => shared.integrate(network, path, { steps: 50 })),
  );
  t.deepEqual(watch.batches, [2, 2, 2, 2], 'one tells the room, three have 20 points at most');
  for (const [at, path] of [slow, quick].entries()) {
    const expected = await alone(plain, path, { steps: 50 });
    t.is(results[at].steps, 50);
    t.is(results[at].converged, expected.converged);
    // The sum of three float32 parts.
    for (const [i, score] of expected.scores.entries())
      t.true(Math.abs(results[at].scores[i] - score) <= 4 * 2 ** -24 * Math.abs(score));
  }
});
