// Max-sensitivity, random logit and randomised parameters: by hand, against Quantus, and by what must hold of the networks.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { settingsFor } from '../../dist/api/options.js';
import { measureRating } from '../../dist/evaluation/measure-rating.js';
import { MeasuredImage } from '../../dist/evaluation/measured-image.js';
import { maxSensitivity } from '../../dist/evaluation/metrics/max-sensitivity.js';
import { mprt } from '../../dist/evaluation/metrics/mprt.js';
import { otherClass, randomLogit } from '../../dist/evaluation/metrics/random-logit.js';
import { rankCorrelation } from '../../dist/evaluation/metrics/rank-correlation.js';
import { weightedLayers, withRandomLayers } from '../../dist/evaluation/random-layers.js';
import { RandomisedModels } from '../../dist/evaluation/randomised-models.js';
import { imageTask, rateTask } from '../../dist/explainers/image/rate-image.js';
import { loadModel } from '../../dist/index.js';
import { Model } from '../../dist/model/model.js';
import { readModelImage } from '../../dist/model/model-image.js';
import { check } from '../cli/printed-documents.js';
import { projectRoot, smug } from '../cli/smug.js';
import { determined } from '../support/determined.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const digits = join(projectRoot, 'examples', 'digits');

const quantus: {
  cases: { scores: number[]; other: number[]; spearman: number }[];
  sensitivities: { scores: number[]; noisy: number[][]; value: number }[];
} = JSON.parse(readFileSync(join(projectRoot, 'test', 'evaluation', 'quantus-faithfulness.json'), 'utf8'));

async function taskOf(model: Model, digit: number) {
  const settings = settingsFor(['explain', 'image', 'hide'], {});
  const image = await readModelImage(model, join(digits, `${digit}.png`), settings);
  return imageTask(model, image, settings);
}

test('rank correlation: Quantus, ties and all', (t) => {
  const { cases } = quantus;
  t.is(cases.length, 4);
  for (const { scores, other, spearman } of cases) {
    t.true(new Set(other).size < other.length);
    t.true(Math.abs(rankCorrelation(scores, other)! - spearman) < 1e-12);
    // Any growing function of the scores has their ranks.
    t.is(rankCorrelation(scores.map(Math.exp), other), rankCorrelation(scores, other));
  }
  t.is(rankCorrelation([1, 5, 9], [-3, 0, 70]), 1);
  t.is(rankCorrelation([1, 5, 9], [3, 2, 1]), -1);
  t.is(rankCorrelation([1, 5, 9], [2, 2, 2]), null);
  t.is(rankCorrelation([], []), null);
});

test('max-sensitivity: by hand', (t) => {
  t.is(
    maxSensitivity(
      [3, 4],
      [
        [3, 4],
        [3, 5],
        [0, 0],
      ],
    ),
    1,
  );
  t.is(
    maxSensitivity(
      [3, 4],
      [
        [3, 4.5],
        [3.5, 4],
      ],
    ),
    0.1,
  );
  t.is(maxSensitivity([3, 4], [[3, 4]]), 0);
  t.is(maxSensitivity([0, 0], [[1, 0]]), null);
});

test('max-sensitivity: Quantus, on the maps of its own noisy copies', (t) => {
  const { sensitivities } = quantus;
  t.is(sensitivities.length, 3);
  for (const { scores, noisy, value } of sensitivities) {
    t.is(noisy.length, 6);
    t.true(Math.abs(maxSensitivity(scores, noisy)! - value) < 1e-12);
  }
});

test('mprt and random logit: by hand', (t) => {
  t.is(
    mprt(
      [1, 2, 3],
      [
        [1, 2, 3],
        [3, 2, 1],
        [0, 0, 0],
      ],
    ),
    0,
  );
  t.is(mprt([1, 1, 1], [[1, 2, 3]]), null);
  t.is(randomLogit([1, 2, 3], [5, 6, 9]), 1);
  t.is(randomLogit([1, 2, 3], null), null);
});

test('the other class is never the target, and each of the others comes up', (t) => {
  for (const classes of [2, 3, 10])
    for (let target = 0; target < classes; target++) {
      const drawn = new Set<number | null>();
      for (let seed = 0; seed < 300; seed++) drawn.add(otherClass(target, classes, seed));
      t.deepEqual(
        [...drawn].sort(),
        Array.from({ length: classes }, (_, one) => one).filter((one) => one !== target),
      );
    }
  t.is(otherClass(0, 1, 3), null);
});

test('max-sensitivity tries ten copies with noise up to 2 % of the colours, the same for every method', async (t) => {
  const model = await loadModel('builtin:mnist-fc', { engine: 'reference' });
  const task = await taskOf(model, 4);
  const { data } = task.image.prepared.tensor;
  const { black, white } = task.image.baselines;
  const copies: Float32Array[] = [];
  // A network whose gradient is its input: the scores are |x|.
  const network = {
    ...task.network,
    gradient: async ({ inputs: [input] }: { inputs: { data: Float32Array; shape: number[] }[] }) => {
      copies.push(input.data);
      return { values: new Float64Array(1), gradients: input };
    },
  };
  const stubbed = { ...task, network } as typeof task;
  const rating = await rateTask(stubbed, 'gradients');
  copies.length = 0;
  const measure = async (seed: number) =>
    measureRating(rating, new MeasuredImage(stubbed, seed, new RandomisedModels(model, 0)), [
      'max-sensitivity',
    ]);
  const { 'max-sensitivity': measured } = await measure(1);
  t.is(copies.length, 10);
  const length = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  const ratios = copies.map(
    (copy) => length(copy.map((value, at) => Math.abs(value) - Math.abs(data[at]))) / length(data),
  );
  t.true(Math.abs(measured! - Math.max(...ratios)) < 1e-6);
  const moved = copies.flatMap((copy) =>
    Array.from(copy, (value, at) => (value - data[at]) / (white.data[at] - black.data[at])),
  );
  // float32; of 7,840 uniform numbers the outermost lie near the ends.
  t.true(Math.max(...moved) < 0.02 + 1e-6 && Math.max(...moved) > 0.0199);
  t.true(Math.min(...moved) > -0.02 - 1e-6 && Math.min(...moved) < -0.0199);
  const first = copies.splice(0);
  await measure(1);
  t.deepEqual(copies.splice(0), first);
  await measure(2);
  t.notDeepEqual(copies, first);
  model.dispose();
});

test('random layers: the last ones, of the size of what they replace, the same however many there are', async (t) => {
  for (const name of ['builtin:mnist-fc', 'builtin:mnist-cnn']) {
    const model = await loadModel(name, { engine: 'reference' });
    const graph = model.graphFor();
    const layers = weightedLayers(graph);
    t.true(layers.length >= 2);
    const changed = (count: number, seed = 3) => {
      const random = withRandomLayers(graph, count, seed);
      return weightedLayers(random).map(({ inputs }, at) =>
        inputs[1] === layers[at].inputs[1] ? null : random.constants.get(inputs[1])!,
      );
    };
    const all = changed(layers.length);
    for (let count = 0; count <= layers.length; count++) {
      const expected = all.map((weights, at) => (at >= layers.length - count ? weights : null));
      t.deepEqual(changed(count), expected);
    }
    t.notDeepEqual(changed(1, 4), changed(1, 3));
    const spread = (data: Float32Array) => {
      const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
      return Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length);
    };
    for (const [at, weights] of all.entries()) {
      const { data, shape } = graph.constants.get(layers[at].inputs[1])!;
      t.deepEqual(weights!.shape, shape);
      // Of 72 normal numbers, the smallest layer's, the deviation is known to some 8 %.
      t.true(Math.abs(spread(weights!.data) / spread(data) - 1) < 0.35, `layer ${at}`);
    }
    model.dispose();
  }
});

test('random networks are compiled once for all images, and end with nothing of what was learnt', async (t) => {
  const loaded = await loadModel('builtin:mnist-fc', { engine: 'reference' });
  let compiled = 0;
  const engine = {
    ...loaded.engine,
    compile: (...words: Parameters<typeof loaded.engine.compile>) => (
      compiled++,
      loaded.engine.compile(...words)
    ),
  };
  const model = new Model(loaded.file, engine);
  const randomised = new RandomisedModels(model, 1);
  const counts: number[] = [];
  const values: number[] = [];
  for (const digit of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) {
    const task = await taskOf(model, digit);
    const rating = await rateTask(task, 'gradients');
    const before = compiled;
    const measured = await measureRating(rating, new MeasuredImage(task, digit, randomised), ['mprt']);
    counts.push(compiled - before);
    values.push(measured.mprt!);
    t.true(Math.abs(measured.mprt!) <= 1);
  }
  t.deepEqual(counts, [5, ...counts.slice(1).map(() => 0)]);
  // Gradients rest on weights: far from the 1 of a method that ignores them.
  t.true(values.reduce((sum, value) => sum + value, 0) / values.length < 0.5);
  const outputs = await Promise.all(
    randomised.all.map(async (random) => (await taskOf(random, 7)).target.confidence),
  );
  t.is(new Set(outputs).size > 1, true);
  randomised.dispose();
  loaded.dispose();
});

test('an evaluation with all three goes on from its journal with the same numbers; boxes have none', async (t) => {
  const home = temporaryFolder('robust');
  writeFileSync(join(home, 'labels.tsv'), 'file\tclass_index\n1.png\t1\n4.png\t4\n7.png\t7\n');
  const metrics = ['max-sensitivity', 'random-logit', 'mprt'];
  const evaluate = async (out: string, seed = '5') => {
    const done = await smug([
      ...['evaluate', digits, '--model', 'builtin:mnist-fc', '--labels', join(home, 'labels.tsv')],
      ...[
        '--methods',
        'smug-base,smug,gradients,center-box',
        '--window',
        '7',
        '--gamma',
        '0.3',
        '--top-k',
        '10',
        ...determined,
      ],
      ...['--metrics', metrics.join(), '--seed', seed, '--out', join(home, out)],
    ]);
    t.is(done.code, 0, done.stderr);
    const journal = readFileSync(join(home, out, 'journal.jsonl'), 'utf8');
    return journal.split('\n').map((line) => line.replaceAll(/"seconds":[^,}]*/g, ''));
  };
  const whole = await evaluate('whole');
  mkdirSync(join(home, 'cut'));
  const [head, first] = readFileSync(join(home, 'whole', 'journal.jsonl'), 'utf8').split('\n');
  writeFileSync(join(home, 'cut', 'journal.jsonl'), `${head}\n${first}\n`);
  t.deepEqual(await evaluate('cut'), whole);
  t.notDeepEqual((await evaluate('other', '6')).slice(1), whole.slice(1));
  const table = JSON.parse(readFileSync(join(home, 'whole', 'table.json'), 'utf8'));
  t.notThrows(() => check('evaluation-table', table));
  const [, ours, gradients, box] = table.rows.map((row: { metrics: Record<string, number> }) => row.metrics);
  for (const name of metrics) {
    t.is(typeof ours[name], 'number');
    t.is(typeof gradients[name], 'number');
    t.is(box[name], null);
  }
});
