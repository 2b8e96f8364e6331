import test from 'ava';
import { integratedGradients, integratePaths } from '../../dist/attribution/integrated-gradients.js';
import { activations } from '../../dist/attribution/activations.js';
import { gradients } from '../../dist/attribution/gradients.js';
import { randomNumbers } from '../support/random-numbers.js';
import { counted, row, smallNetwork } from './networks.js';

/** float32 storage of a handful of products. */
const ROUNDING = 1e-6;

function close(actual: ArrayLike<number>, expected: readonly number[], tolerance = ROUNDING): boolean {
  return expected.every(
    (value, at) => Math.abs(actual[at] - value) <= tolerance * Math.max(1, Math.abs(value)),
  );
}

test('on a linear network the attribution is weight times activation, after one level', async (t) => {
  const tail = await smallNetwork([
    {
      weights: [
        [2, -1],
        [0.5, 4],
        [-3, 1],
      ],
      bias: [7, -2],
    },
  ]);
  for (const [target, expected] of [
    [0, [2, 1, 9]],
    [1, [-1, 8, -3]],
  ] as const) {
    const result = await integratedGradients({ tail, activation: row(1, 2, -3), target, output: 'logit' });
    t.true(close(result.scores, [...expected]));
    t.is(result.steps, 7);
    t.true(result.completenessError! < ROUNDING);
  }
});

test('one ReLU that turns on along the path: the closed form', async (t) => {
  // F(a) = relu(a₁ + a₂ − c): ∂F/∂a = 1 for α > c / (a₁ + a₂), so α(a_i) = a_i (1 − c / (a₁ + a₂)).
  const c = 1.5;
  const tail = await smallNetwork([
    { weights: [[1], [1]], bias: [-c], activation: 'relu' },
    { weights: [[1]], bias: [0] },
  ]);
  const [a1, a2] = [2, 3];
  const on = 1 - c / (a1 + a2);
  const result = await integratedGradients(
    { tail, activation: row(a1, a2), target: 0, output: 'logit' },
    { tolerance: 1e-5 },
  );
  // 15 smooth points, the two ends, and the interval of the step (0.1 wide at most) halved until 0.1/2^n < 1e-5,
  // together with its neighbours.
  t.true(result.steps <= 15 + 2 + 4 * 14);
  t.true(close(result.scores, [a1 * on, a2 * on], 1e-5));
  // Σ scores and F(a) − F(0) differ by exactly the reported error.
  const sum = result.scores[0] + result.scores[1];
  t.true(Math.abs(Math.abs(sum - (a1 + a2 - c)) / (a1 + a2 - c) - result.completenessError!) < 1e-6);
});

test('smooth networks reach the tolerance, and no further than they must', async (t) => {
  const next = randomNumbers(11);
  const weights = (rows: number, columns: number) =>
    Array.from({ length: rows }, () => Array.from({ length: columns }, () => next() * 4 - 2));
  for (let round = 0; round < 20; round++) {
    const plain = await smallNetwork(
      [
        { weights: weights(5, 6), bias: weights(1, 6)[0], activation: 'tanh' },
        { weights: weights(6, 3), bias: weights(1, 3)[0] },
      ],
      true,
    );
    const { network, counts } = counted(plain);
    const activation = row(...weights(1, 5)[0]);
    const target = round % 3;
    const result = await integratedGradients({ tail: network, activation, target, output: 'probability' });
    t.is(result.steps, counts.points, 'every gradient point evaluated is counted, none twice');
    t.true(result.completenessError! <= 0.01);
    t.true(result.steps <= 63);
    // The same quantity from a rule that owes nothing to nesting.
    const fine = await integratedGradients(
      { tail: plain, activation, target, output: 'probability' },
      { steps: 200 },
    );
    t.is(fine.steps, 200);
    const scale = Math.max(...fine.scores.map(Math.abs));
    t.true(result.scores.every((score, at) => Math.abs(score - fine.scores[at]) < 0.03 * scale));
  }
});

test('several paths at once give each its own result, bit for bit', async (t) => {
  const tail = await smallNetwork(
    [
      {
        weights: [
          [3, -3],
          [-2, 2.5],
        ],
        bias: [0.1, 0],
        activation: 'softplus',
      },
      {
        weights: [
          [1, -4],
          [2, 5],
        ],
        bias: [0, 0],
      },
    ],
    true,
  );
  const paths = [
    { activation: row(1, 2), target: 0 },
    { activation: row(-4, 9), target: 1 },
    { activation: row(0.1, 0.2), target: 1, baseline: row(5, -3) },
  ];
  const together = await integratePaths(tail, paths);
  for (const [at, path] of paths.entries()) {
    const [alone] = await integratePaths(tail, [path]);
    t.deepEqual(together[at], alone);
  }
});

test('F at zero is computed once a network, F(a) not at all when it is known', async (t) => {
  const { network, counts } = counted(await smallNetwork([{ weights: [[1], [2]], bias: [3] }]));
  await integratedGradients({ tail: network, activation: row(1, 1), target: 0, output: 'logit' });
  t.is(counts.forward, 2);
  await integratedGradients({ tail: network, activation: row(1, 1), target: 0, output: 'logit', value: 6 });
  t.is(counts.forward, 2);
});

test('a cancelled attribution ends with ABORTED', async (t) => {
  const tail = await smallNetwork([{ weights: [[1], [2]], bias: [3] }]);
  const signal = AbortSignal.abort();
  await t.throwsAsync(
    integratedGradients({ tail, activation: row(1, 1), target: 0, output: 'logit' }, { signal }),
    {
      code: 'ABORTED',
    },
  );
});

test('gradients are the gradient at the activations; activations are themselves', async (t) => {
  const tail = await smallNetwork([{ weights: [[2], [-1]], bias: [0], activation: 'tanh' }]);
  const task = { tail, activation: row(0.3, 0.2), target: 0, output: 'logit' as const };
  const slope = 1 - Math.tanh(0.4) ** 2;
  t.true(close((await gradients(task)).scores, [2 * slope, -slope]));
  t.deepEqual([...(await activations(task)).scores], [...row(0.3, 0.2).data]);
});
