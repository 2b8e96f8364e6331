// Infidelity, ROAD, first-layer retention and overlap: by hand, by brute force and against Quantus.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { settingsFor } from '../../dist/api/options.js';
import { firstLayerRetention } from '../../dist/evaluation/metrics/first-layer-retention.js';
import { infidelity, squareMasks } from '../../dist/evaluation/metrics/infidelity.js';
import { NeighbourImputation } from '../../dist/evaluation/metrics/neighbour-imputation.js';
import { overlap } from '../../dist/evaluation/metrics/overlap.js';
import { removals, road, ROAD_SHARES } from '../../dist/evaluation/metrics/road.js';
import { pixelRows } from '../../dist/explainers/explain-image.js';
import { viewInput } from '../../dist/explainers/first-layer.js';
import { imageTask, rateTask } from '../../dist/explainers/image/rate-image.js';
import { loadModel } from '../../dist/index.js';
import { readModelImage } from '../../dist/model/model-image.js';
import { check } from '../cli/printed-documents.js';
import { projectRoot, smug } from '../cli/smug.js';
import { determined } from '../support/determined.js';
import { randomNumbers } from '../support/random-numbers.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Written by the Python script of the same name. */
const quantus: {
  cases: {
    weights: number[];
    pixels: number[];
    target: number;
    scores: number[];
    infidelity: number;
    road: number[];
  }[];
  imputations: { height: number; width: number; planes: number[][]; removed: number[]; filled: number[][] }[];
} = JSON.parse(readFileSync(join(projectRoot, 'test', 'evaluation', 'quantus-faithfulness.json'), 'utf8'));
const SIDE = 10;
const form = { height: SIDE, width: SIDE };

/** The script's network: softmax of a dense layer over tanh. */
function probabilities(weights: readonly number[], pixels: ArrayLike<number>): number[] {
  const classes = weights.length / pixels.length;
  const powers = Array.from({ length: classes }, (_, one) =>
    Math.exp(
      Array.from(pixels).reduce((sum, value, at) => sum + Math.tanh(value) * weights[at * classes + one], 0),
    ),
  );
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

test('infidelity: Quantus, at the scale at which its own is least', (t) => {
  t.is(quantus.cases.length, 4);
  for (const { weights, pixels, target, scores, ...expected } of quantus.cases) {
    // Quantus hides square after square and shows none of them again.
    const left = new Uint8Array(pixels.length).fill(1);
    const masks: Uint8Array[] = [];
    for (let top = 0; top < SIDE; top += 2)
      for (let column = 0; column < SIDE; column += 2) {
        for (const at of [0, 1, SIDE, SIDE + 1]) left[top * SIDE + column + at] = 0;
        masks.push(left.slice());
      }
    const f = (mask: Uint8Array) =>
      probabilities(
        weights,
        pixels.map((value, at) => value * mask[at]),
      )[target];
    const whole = f(new Uint8Array(pixels.length).fill(1));
    const drops = masks.map((mask) => whole - f(mask));
    t.true(Math.abs(infidelity(scores, { masks, drops }) - expected.infidelity) < 1e-9);
  }
});

test('infidelity: by hand', (t) => {
  const masks = [
    [0, 1, 1],
    [1, 0, 1],
    [1, 1, 0],
    [0, 0, 1],
  ].map((mask) => Uint8Array.from(mask));
  const drops = [0.5, 0.25, 0, 0.75];
  const mean = (0.5 ** 2 + 0.25 ** 2 + 0.75 ** 2) / 4;
  // Of scores that foretell every drop nothing is left, whatever their unit; nothing is foretold by none, nor upside down.
  t.is(infidelity([4, 2, 0], { masks, drops }), 0);
  t.is(infidelity([0, 0, 0], { masks, drops }), mean);
  t.is(infidelity([-4, -2, 0], { masks, drops }), mean);
  // Hidden scores are 1, 0, 0, 1: the best scale is (0.5 + 0.75) / 2.
  const left = (0.125 ** 2 + 0.25 ** 2 + 0 + 0.125 ** 2) / 4;
  t.true(Math.abs(infidelity([1, 0, 0], { masks, drops }) - left) < 1e-15);
});

test('squares: every pixel is hidden once', (t) => {
  for (const [height, width, count] of [
    [28, 28, 14 * 14],
    [224, 224, 14 * 14],
    [30, 7, 15 * 4],
    [3, 5, 15],
  ]) {
    const masks = squareMasks({ height, width });
    t.is(masks.length, count);
    for (let pixel = 0; pixel < height * width; pixel++) t.is(masks.filter((mask) => !mask[pixel]).length, 1);
  }
});

test('imputation: Quantus, which solves the same system directly', (t) => {
  t.is(quantus.imputations.length, 3);
  for (const { height, width, planes, removed, filled } of quantus.imputations) {
    const kept = new Uint8Array(height * width).fill(1);
    for (const pixel of removed) kept[pixel] = 0;
    const imputation = new NeighbourImputation(kept, { height, width });
    for (const [at, plane] of planes.entries()) {
      const values = imputation.fill(Float64Array.from(plane));
      // The search ends at a residual of 1e-7 of the right-hand side.
      for (const [pixel, value] of values.entries())
        t.true(Math.abs(value - filled[at][pixel]) < 1e-6, `${value} for ${filled[at][pixel]}`);
    }
  }
});

test('imputation: what is filled in lies between what is left, and a plane of one colour stays one', (t) => {
  const next = randomNumbers(3);
  for (let round = 0; round < 20; round++) {
    const size = { height: 2 + Math.floor(next() * 12), width: 2 + Math.floor(next() * 12) };
    const plane = Float64Array.from({ length: size.height * size.width }, next);
    const kept = Uint8Array.from(plane, () => (next() < 0.3 ? 1 : 0));
    kept[Math.floor(next() * kept.length)] = 1;
    const imputation = new NeighbourImputation(kept, size);
    const left = [...plane].filter((_, pixel) => kept[pixel]);
    for (const value of imputation.fill(plane))
      t.true(value > Math.min(...left) - 1e-4 && value < Math.max(...left) + 1e-4);
    for (const value of imputation.fill(plane.map((v, pixel) => (kept[pixel] ? 0.7 : v))))
      t.true(Math.abs(value - 0.7) < 1e-4);
    for (const value of imputation.fill(plane.map((v, pixel) => (kept[pixel] ? 0 : v))))
      t.true(Math.abs(value) < 1e-4);
  }
});

test('imputation: in a hole nearly as wide as the picture, too, every pixel is the mean of its neighbours', (t) => {
  const next = randomNumbers(7);
  const [height, width] = [120, 90];
  const plane = Float64Array.from({ length: height * width }, next);
  const inside = (pixel: number) =>
    Math.abs(Math.floor(pixel / width) - 60) < 57 && Math.abs((pixel % width) - 45) < 43;
  const kept = Uint8Array.from(plane, (_, pixel) => (inside(pixel) && next() < 0.999 ? 0 : 1));
  const filled = new NeighbourImputation(kept, { height, width }).fill(plane);
  for (let pixel = 0; pixel < plane.length; pixel++) {
    if (kept[pixel]) {
      t.is(filled[pixel], plane[pixel]);
      continue;
    }
    const side = (step: number) => filled[pixel + step];
    const straight = side(1) + side(-1) + side(width) + side(-width);
    const diagonal = side(width + 1) + side(width - 1) + side(1 - width) + side(-1 - width);
    // The search ends at a residual of 1e-7 of the right-hand side, whose length is near 10.
    t.true(Math.abs(straight / 6 + diagonal / 12 - filled[pixel]) < 2e-6);
  }
});

test('ROAD: Quantus, without noise', async (t) => {
  const constant = (value: number) => ({
    data: new Float32Array(SIDE * SIDE).fill(value),
    shape: [1, 1, SIDE, SIDE],
  });
  const around = { black: constant(0), white: constant(1), layout: 'channels-first' as const, ...form };
  for (const { weights, pixels, target, scores, ...expected } of quantus.cases) {
    const image = { tensor: { data: Float32Array.from(pixels), shape: [1, 1, SIDE, SIDE] }, ...around };
    const reads: boolean[] = [];
    const value = await road(
      image,
      scores,
      () => 0,
      async (inputs) => {
        for (const { data } of inputs) {
          const outputs = probabilities(weights, data);
          reads.push(outputs[target] === Math.max(...outputs));
        }
        return reads;
      },
    );
    t.deepEqual(reads.map(Number), expected.road);
    t.is(value, expected.road.reduce((sum, one) => sum + one, 0) / ROAD_SHARES.length);
  }
});

test('ROAD: only the most important pixels change, in both layouts alike, by a noise of 1 % of the colours', (t) => {
  const next = randomNumbers(4);
  const scores = Array.from({ length: 40 * 40 }, next);
  const size = { height: 40, width: 40 };
  const first = { data: Float32Array.from({ length: 3 * 1600 }, next), shape: [1, 3, 40, 40] };
  const flat = (value: number) => ({ data: new Float32Array(3 * 1600).fill(value), shape: [1, 3, 40, 40] });
  const around = { black: flat(-2), white: flat(2), ...size };
  const last = {
    data: first.data.map((_, at) => first.data[(at % 3) * 1600 + Math.floor(at / 3)]),
    shape: [1, 40, 40, 3],
  };
  let count = 0;
  const alternating = () => (count++ % 2 === 0 ? 1 : -1);
  const noisy = removals({ tensor: first, layout: 'channels-first', ...around }, scores, alternating);
  const calm = removals({ tensor: first, layout: 'channels-first', ...around }, scores, () => 0);
  const other = removals({ tensor: last, layout: 'channels-last', ...around }, scores, () => 0);
  const order = scores.map((_, at) => at).sort((a, b) => scores[b] - scores[a]);
  for (const [at, share] of ROAD_SHARES.entries()) {
    const gone = new Set(order.slice(0, Math.ceil(share * 1600)));
    calm[at].data.forEach((value, place) => {
      const difference = Math.abs(noisy[at].data[place] - value);
      // float32.
      if (gone.has(place % 1600)) t.true(Math.abs(difference - 0.04) < 1e-6);
      else t.true(difference === 0 && value === first.data[place]);
      t.is(other[at].data[(place % 1600) * 3 + Math.floor(place / 1600)], value);
    });
  }
});

test('first-layer retention: by running the first layer on what is kept, and 1 of the mask that SMUG proves', async (t) => {
  const next = randomNumbers(6);
  for (const name of ['builtin:mnist-fc', 'builtin:mnist-cnn']) {
    const model = await loadModel(name, { engine: 'reference' });
    for (const gamma of [0, 0.3, 0.8]) {
      const settings = settingsFor(['explain', 'image', 'hide'], {
        gamma,
        evidence: 'activation',
        window: 4,
        topK: 20,
      } as object);
      const image = await readModelImage(model, join(projectRoot, 'examples', 'digits', '7.png'), settings);
      const { problem, constrained } = await pixelRows(model, image, settings);
      t.is(problem.variables, 784);
      const view = await viewInput(model, image.prepared.tensor, settings, null);
      for (let round = 0; round < 10; round++) {
        const share = next();
        const kept = Uint8Array.from({ length: 784 }, () => (next() < share ? 1 : 0));
        const { data, shape } = view.input;
        const shown = await view.activationsOf({ data: data.map((value, at) => value * kept[at]), shape });
        const held = [...constrained].filter((node) => shown.data[node] > gamma * view.activation.data[node]);
        t.is(firstLayerRetention(problem, kept), held.length / constrained.length);
      }
      const { kept } = await rateTask(await imageTask(model, image, settings), 'smug');
      t.is(firstLayerRetention(problem, kept!), 1);
    }
    model.dispose();
  }
  const none = {
    variables: 2,
    offsets: Uint32Array.of(0),
    columns: new Uint32Array(),
    coefficients: new Float64Array(),
    lower: new Float64Array(),
  };
  t.is(firstLayerRetention(none, [1, 1]), null);
});

test('overlap: by hand', (t) => {
  t.is(
    overlap([
      [1, 1, 0, 0],
      [0, 1, 1, 0],
    ]),
    1 / 3,
  );
  t.is(
    overlap([
      [1, 1, 0],
      [1, 0, 1],
      [1, 1, 0],
    ]),
    (1 / 3 + 1 + 1 / 3) / 3,
  );
  t.is(
    overlap([
      [0, 0],
      [0, 0],
    ]),
    1,
  );
  t.is(overlap([[1, 0]]), null);
  t.is(overlap([]), null);
});

test('an evaluation that goes on from its journal ends with the numbers of an undisturbed one', async (t) => {
  const home = temporaryFolder('faithful');
  const lines = [1, 4, 7].map((digit) => `${digit}.png\t${digit}\n`);
  writeFileSync(join(home, 'labels.tsv'), `file\tclass_index\n${lines.join('')}`);
  const metrics = ['first-layer-retention', 'infidelity', 'road', 'overlap'];
  const evaluate = async (out: string) => {
    const done = await smug([
      ...['evaluate', join(projectRoot, 'examples', 'digits'), '--model', 'builtin:mnist-fc'],
      ...[
        '--labels',
        join(home, 'labels.tsv'),
        '--methods',
        'smug,gradients,max-box',
        '--gamma',
        '0.5',
        '--window',
        '2',
        ...determined,
      ],
      ...['--solutions', '4', '--metrics', metrics.join(), '--seed', '5', '--out', join(home, out)],
    ]);
    t.is(done.code, 0, done.stderr);
    return readFileSync(join(home, out, 'journal.jsonl'), 'utf8')
      .split('\n')
      .map((line) => line.replaceAll(/"seconds":[^,}]*/g, ''));
  };
  const whole = await evaluate('whole');
  mkdirSync(join(home, 'cut'));
  const text = readFileSync(join(home, 'whole', 'journal.jsonl'), 'utf8');
  // The head, the first image and half of the second one.
  const [head, first, second] = text.split('\n');
  writeFileSync(join(home, 'cut', 'journal.jsonl'), `${head}\n${first}\n${second.slice(0, 40)}`);
  t.deepEqual(await evaluate('cut'), whole);

  const table = JSON.parse(readFileSync(join(home, 'whole', 'table.json'), 'utf8'));
  t.notThrows(() => check('evaluation-table', table));
  const [ours, gradients, box] = table.rows.map((row: { metrics: object }) => row.metrics);
  t.deepEqual(Object.keys(ours), metrics);
  // The proof says so; and the whole image keeps every node.
  t.is(ours['first-layer-retention'], 1);
  t.is(box['first-layer-retention'], 1);
  t.true(gradients['first-layer-retention'] > 0 && gradients['first-layer-retention'] < 1);
  t.true(ours.overlap > 0 && ours.overlap < 1);
  t.deepEqual([gradients.overlap, box.overlap], [null, null]);
  t.true(gradients.infidelity > 0 && box.infidelity > 0);
  t.regex(
    readFileSync(join(home, 'whole', 'table.csv'), 'utf8'),
    /,first_layer_retention,infidelity,road,overlap\n/,
  );
});
