// Networks that normalise right after their first layer: their path changes at once where it starts.
import test from 'ava';
import { changesAtOnce, layerWidth, ordersOfMagnitude } from '../../dist/attribution/boundary-layer.js';
import { integratedGradients, integratePaths } from '../../dist/attribution/integrated-gradients.js';
import type { CompiledNetwork } from '../../dist/engines/engine.js';
import { referenceEngine } from '../../dist/engines/reference/engine.js';
import { GraphBuilder } from '../../dist/graph/builder.js';
import { randomNumbers } from '../support/random-numbers.js';
import { counted, row, smallNetwork } from './networks.js';

/** F(a) = Σ wᵢ·LN(a)ᵢ. */
async function normalised(weights: readonly number[], epsilon: number): Promise<CompiledNetwork> {
  const graph = new GraphBuilder();
  const n = weights.length;
  const a = graph.input('a', [1, n]);
  const constant = (name: string, values: readonly number[], shape: number[]) =>
    graph.constant(name, { data: Float32Array.from(values), shape });
  const scale = constant('scale', new Array<number>(n).fill(1), [n]);
  const shift = constant('shift', new Array<number>(n).fill(0), [n]);
  const normal = graph.add({ op: 'layerNorm', axis: 1, epsilon }, [a, scale, shift], 'normal');
  const inputs = [normal, constant('w', weights, [n, 1]), constant('b', [0], [1])];
  return referenceEngine.compile(graph.finish([graph.add({ op: 'dense' }, inputs, 'dense')]));
}

/**
 * With z = a − mean(a), σ² = mean(z²) and s² = α²σ² + ε: ∂F/∂aⱼ(αa) = (wⱼ − mean(w))/s − α²·(Σ wᵢzᵢ)·zⱼ/(n·s³), whose parts
 * integrate to ∫ 1/s = asinh(σ/√ε)/σ and ∫ α²/s³ = (asinh(σ/√ε) − σ/√(σ² + ε))/σ³.
 */
function closedForm(a: readonly number[], weights: readonly number[], epsilon: number): number[] {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const z = a.map((value) => value - mean(a));
  const sigma = Math.sqrt(mean(z.map((value) => value * value)));
  const turns = Math.asinh(sigma / Math.sqrt(epsilon));
  const plain = turns / sigma;
  const bent = (turns - sigma / Math.hypot(sigma, Math.sqrt(epsilon))) / sigma ** 3;
  const product = mean(z.map((value, i) => weights[i] * value));
  return a.map((value, j) => value * ((weights[j] - mean(weights)) * plain - product * z[j] * bent));
}

const next = randomNumbers(29);
const drawn = (n: number) => Array.from({ length: n }, () => Math.fround(next() * 4 - 2));

test('normalised at once: the closed form within few points, however thin the layer', async (t) => {
  for (const epsilon of [1e-3, 1e-5, 1e-6, 1e-8, 1e-10]) {
    for (let round = 0; round < 5; round++) {
      const [a, weights] = [drawn(12), drawn(12)];
      const { network, counts } = counted(await normalised(weights, epsilon));
      const result = await integratedGradients({
        tail: network,
        activation: row(...a),
        target: 0,
        output: 'logit',
      });
      const expected = closedForm(a, weights, epsilon);
      const size = expected.reduce((sum, score) => sum + Math.abs(score), 0);
      const wrong = expected.reduce((sum, score, j) => sum + Math.abs(score - result.scores[j]), 0);
      t.true(wrong <= 0.01 * size, `ε ${epsilon}: off by ${wrong / size}`);
      t.true(result.converged);
      t.true(result.steps <= 52, `ε ${epsilon}: ${result.steps} points`);
      t.is(result.steps, counts.points);
    }
  }
});

test('beside paths of other kinds each has what it has alone', async (t) => {
  const network = await normalised(drawn(5), 1e-6);
  // The second hardly leaves the layer, the third starts elsewhere.
  const paths = [row(...drawn(5)), row(...drawn(5).map((value) => value / 3000)), row(...drawn(5))].map(
    (activation, at) => ({ activation, target: 0, ...(at === 2 && { baseline: row(...drawn(5)) }) }),
  );
  const options = { tolerance: 1e-3, stability: 0.97, topK: 2 };
  const together = await integratePaths(network, paths, options);
  for (const [at, path] of paths.entries())
    t.deepEqual(together[at], (await integratePaths(network, [path], options))[0]);
});

test('few points are spent as on any path', async (t) => {
  const network = await normalised(drawn(6), 1e-6);
  for (const maxSteps of [1, 7, 12, 15, 19, 20, 27, 30]) {
    const { steps } = await integratedGradients(
      { tail: network, activation: row(...drawn(6)), target: 0, output: 'logit' },
      { tolerance: 1e-9, maxSteps },
    );
    t.true(steps <= maxSteps && steps >= maxSteps - 1, `${steps} of ${maxSteps}`);
  }
});

test('paths without a layer are not taken for such', async (t) => {
  const weights = (rows: number, columns: number) => Array.from({ length: rows }, () => drawn(columns));
  for (const activation of ['relu', 'tanh', 'softplus'] as const) {
    const network = await smallNetwork(
      [
        { weights: weights(5, 9), bias: drawn(9), activation },
        { weights: weights(9, 3), bias: drawn(3) },
      ],
      true,
    );
    const { network: watched, counts } = counted(network);
    await integratedGradients({ tail: watched, activation: row(...drawn(5)), target: 0, output: 'logit' });
    t.false(counts.alphas.includes(1e-8), activation);
  }
});

test('orders of magnitude take equal shares, the ends stay, and dα/du is the derivative', (t) => {
  const delta = 1e-6;
  const { alphaOf, uOf, slope } = ordersOfMagnitude(delta);
  t.is(alphaOf(0), 0);
  t.true(alphaOf(1) <= 1 && alphaOf(1) > 1 - 1e-12);
  t.is(uOf(0), 0);
  t.is(uOf(1), 1);
  const decade = (from: number) => uOf(10 * from) - uOf(from);
  t.true(Math.abs(decade(1e-2) / decade(1e-3) - 1) < 0.01);
  for (const u of [0.01, 0.2, 0.5, 0.9, 0.99]) {
    const alpha = alphaOf(u);
    t.true(Math.abs(uOf(alpha) - u) < 1e-12);
    const difference = (alphaOf(u + 1e-6) - alphaOf(u - 1e-6)) / 2e-6;
    t.true(Math.abs(slope(alpha) / difference - 1) < 1e-6);
  }
});

test('what a layer is, and how wide', (t) => {
  const ends = { baselineValue: 0, value: 1 };
  const along = (f: (alpha: number) => number, alphas: readonly number[]) =>
    alphas.map((alpha) => ({ alpha, value: f(alpha) }));
  const inside = [0.01, 0.1, 0.5, 0.9];
  t.true(
    changesAtOnce(
      along(() => 1, inside),
      ends,
    ),
  );
  t.false(
    changesAtOnce(
      along((alpha) => alpha, inside),
      ends,
    ),
  );
  t.false(
    changesAtOnce(
      along(() => 0, inside),
      { baselineValue: 0, value: 0 },
    ),
    'nothing changes at all',
  );
  const saturates = (alpha: number) => alpha / Math.hypot(alpha, 1e-5);
  const probed = along(saturates, [...inside, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8]);
  t.is(layerWidth(probed, ends), 1e-7, '1e-6 has a tenth of the change');
  t.is(
    layerWidth(
      along(() => 1, [...inside, 1e-8]),
      ends,
    ),
    1e-8,
    'thinner than what is looked at',
  );
});
