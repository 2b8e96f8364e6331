// `stop: 'top-k'`: a path is done once its highest scores are settled, whatever is missing to the sum.
import test from 'ava';
import type { AttributionOptions, KnownPath } from '../../dist/attribution/attribution.js';
import { integratePaths } from '../../dist/attribution/integrated-gradients.js';
import { selectTopNodes } from '../../dist/attribution/select.js';
import { SharedBatches } from '../../dist/attribution/shared-batches.js';
import type { CompiledNetwork } from '../../dist/engines/engine.js';
import { randomNumbers } from '../support/random-numbers.js';
import { sharing, type Watch } from '../support/sharing-engine.js';
import { row, smallNetwork } from './networks.js';

/** relu(a₁ + a₂ − 1.5), whose slope jumps: α(a_i) = a_i (1 − 1.5 / (a₁ + a₂)). */
const hinge = () =>
  smallNetwork([
    { weights: [[1], [1]], bias: [-1.5], activation: 'relu' },
    { weights: [[1]], bias: [0] },
  ]);
const path: KnownPath = { activation: row(2, 3), target: 0 };

async function attributed(tail: CompiledNetwork, one: KnownPath, options: AttributionOptions) {
  const [result] = await integratePaths(tail, [one], options);
  return result;
}

/** `layers` dense layers of ReLUs and a softmax: a path whose gradient jumps often. */
function rough(next: () => number, inputs: number, width: number): Promise<CompiledNetwork> {
  const matrix = (rows: number, columns: number) =>
    Array.from({ length: rows }, () => Array.from({ length: columns }, () => (next() - 0.5) * 3));
  return smallNetwork(
    [
      { weights: matrix(inputs, width), bias: matrix(1, width)[0], activation: 'relu' },
      { weights: matrix(width, width), bias: matrix(1, width)[0], activation: 'relu' },
      { weights: matrix(width, 3), bias: [0, 0, 0] },
    ],
    true,
  );
}

test('nodes whose order no point changes are settled once two halves of a rule agree; the error of the sum is told as it is', async (t) => {
  const tail = await hinge();
  const fine = { tolerance: 1e-5, topK: 1, stability: 0.97 };
  const bySum = await attributed(tail, path, fine);
  const byNodes = await attributed(tail, path, { ...fine, stop: 'top-k' });
  t.true(bySum.steps > 17);
  t.is(byNodes.steps, 17);
  t.true(byNodes.converged);
  t.is(byNodes.topKStability, 1);
  t.deepEqual([...selectTopNodes(byNodes.scores, 1)], [1]);
  const sum = byNodes.scores[0] + byNodes.scores[1];
  // float32 storage of two scores
  t.true(Math.abs(Math.abs(sum - 3.5) / 3.5 - byNodes.completenessError!) < 1e-6);
  t.true(byNodes.completenessError! > fine.tolerance);
});

test('points that see less than half of the sum settle nothing', async (t) => {
  // 0.1 a₁ + relu(s (a₂ − 0.41)) − relu(s (a₂ − 0.411)), s = 1000: a₂ is worth 1, all of it between two of the first 17 points.
  const tail = await smallNetwork([
    {
      weights: [
        [0.1, 0, 0],
        [0, 1000, 1000],
      ],
      bias: [0, -410, -411],
      activation: 'relu',
    },
    { weights: [[1], [1], [-1]], bias: [0] },
  ]);
  const ramp: KnownPath = { activation: row(1, 1), target: 0 };
  const few = await attributed(tail, ramp, { stop: 'top-k', topK: 1, stability: 0.97, maxSteps: 17 });
  t.deepEqual([...selectTopNodes(few.scores, 1)], [0], 'they choose the wrong node');
  t.is(few.topKStability, 1, 'and their halves agree on it');
  t.false(few.converged);
  t.true(few.completenessError! > 0.9);
  const found = await attributed(tail, ramp, { stop: 'top-k', topK: 1, stability: 0.97 });
  t.true(found.converged);
  t.deepEqual([...selectTopNodes(found.scores, 1)], [1]);
});

test('never more points than both demands take together; converged says that the share was reached', async (t) => {
  const next = randomNumbers(23);
  let fewer = 0;
  for (let round = 0; round < 30; round++) {
    const tail = await rough(next, 60, 40);
    const one: KnownPath = { activation: row(...Array.from({ length: 60 }, next)), target: round % 3 };
    const topK = round % 2 === 0 ? 12 : [6, 20];
    const stability = [0.9, 0.97, 1][round % 3];
    const options = { topK, stability, tolerance: [0.01, 0.001][round % 2] };
    const both = await attributed(tail, one, options);
    const byNodes = await attributed(tail, one, { ...options, stop: 'top-k' });
    t.true(byNodes.steps <= both.steps, `round ${round}: ${byNodes.steps} of ${both.steps}`);
    t.is(byNodes.converged, byNodes.topKStability! >= stability && byNodes.completenessError! <= 0.5);
    if (both.converged) t.true(both.topKStability! >= stability);
    if (byNodes.steps < both.steps) fewer++;
  }
  t.true(fewer > 5);
});

test('of several k the slowest decides', async (t) => {
  const next = randomNumbers(5);
  const tail = await rough(next, 80, 60);
  const one: KnownPath = { activation: row(...Array.from({ length: 80 }, next)), target: 1 };
  const steps = async (topK: number | number[]) =>
    (await attributed(tail, one, { stop: 'top-k', stability: 0.97, topK })).steps;
  const alone = await Promise.all([3, 10, 30].map(steps));
  t.true((await steps([3, 10, 30])) >= Math.max(...alone));
});

test('a path that never settles ends at maxSteps with its finest rule, and says so', async (t) => {
  const next = randomNumbers(9);
  const tail = await rough(next, 60, 40);
  const one: KnownPath = { activation: row(...Array.from({ length: 60 }, next)), target: 0 };
  const options = { topK: 25, stability: 1, maxSteps: 17 };
  const found = await attributed(tail, one, { ...options, stop: 'top-k' });
  t.is(found.steps, 17);
  t.false(found.converged);
  t.true(found.topKStability! < 1);
});

test('k beyond the positive scores is all of them', async (t) => {
  const found = await attributed(await hinge(), path, { stop: 'top-k', topK: 10, stability: 0.97 });
  t.deepEqual([found.steps, found.topKStability, found.converged], [17, 1, true]);
});

test('without k, and with a fixed number of points, the sum decides', async (t) => {
  const tail = await hinge();
  const fine = { tolerance: 1e-5 };
  t.deepEqual(await attributed(tail, path, { ...fine, stop: 'top-k' }), await attributed(tail, path, fine));
  const fixed = { ...fine, steps: 20, topK: 1 };
  const found = await attributed(tail, path, { ...fixed, stop: 'top-k' });
  t.deepEqual(found, await attributed(tail, path, fixed));
  t.false(found.converged);
});

test('paths that wait together share a batch only where they stop alike, and get what they get alone', async (t) => {
  const plain = await hinge();
  const watch: Watch = { batches: [], rounds: [] };
  const network = sharing(plain, 8, watch);
  const shared = new SharedBatches();
  const common = { tolerance: 1e-5, topK: 1, stability: 0.97 };
  const options: AttributionOptions[] = [common, { ...common, stop: 'top-k' }, { ...common, stop: 'top-k' }];
  const found = await Promise.all(options.map((own) => shared.integrate(network, path, own)));
  t.deepEqual(watch.batches.toSorted(), [1, 2]);
  for (const [at, own] of options.entries()) t.deepEqual(found[at], await attributed(plain, path, own));
});
