// Metrics of images, against hand-computed cases, transcriptions of their definitions and Quantus.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { settingsFor } from '../../dist/api/options.js';
import { averageDrop } from '../../dist/evaluation/metrics/average-drop.js';
import { deletion } from '../../dist/evaluation/metrics/deletion.js';
import { entropy } from '../../dist/evaluation/metrics/entropy.js';
import { gini } from '../../dist/evaluation/metrics/gini.js';
import { insertion } from '../../dist/evaluation/metrics/insertion.js';
import { maskedImage } from '../../dist/explainers/image/masked-image.js';
import { imageTask } from '../../dist/explainers/image/rate-image.js';
import { loadModel } from '../../dist/index.js';
import { readModelImage } from '../../dist/model/model-image.js';
import { check } from '../cli/printed-documents.js';
import { projectRoot, smug } from '../cli/smug.js';
import { randomNumbers } from '../support/random-numbers.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const digits = join(projectRoot, 'examples', 'digits');
const linear = (weights: readonly number[]) => async (masks: readonly ArrayLike<number>[]) =>
  masks.map((mask) => weights.reduce((sum, weight, at) => sum + weight * mask[at], 0));
const near = (values: ArrayLike<number>, expected: readonly number[], tolerance = 1e-12) =>
  values.length === expected.length &&
  expected.every((value, at) => Math.abs(values[at] - value) < tolerance);

test('deletion and insertion: by hand, and the areas of RISE', async (t) => {
  const f = linear([0.5, 0.1, 0.3, 0.1]);
  const scores = [4, 1, 3, 1];
  const deleted = await deletion(f, scores);
  // Of equal scores the first goes first; four parts make four steps.
  t.true(near(deleted.values, [1, 0.5, 0.2, 0.1, 0]));
  t.true(near([deleted.area], [(0.5 + 0.5 + 0.2 + 0.1) / 4]));
  const inserted = await insertion(f, scores, 2);
  t.true(near(inserted.values, [0, 0.8, 1]));
  t.true(near([inserted.area], [(0.8 + 0.5) / 2]));
  t.true(near((await deletion(linear([]), [])).values, [0, 0]));
});

test('deletion and insertion are one trapezoid per step, whatever f; of a linear f they add up to f(all)', async (t) => {
  const next = randomNumbers(8);
  for (let round = 0; round < 50; round++) {
    const n = 3 + Math.floor(next() * 40);
    const scores = Array.from({ length: n }, () => Math.round(next() * 9) - 3);
    const weights = scores.map(() => next());
    const steps = 1 + Math.floor(next() * 12);
    const f = async (masks: readonly Uint8Array[]) => (await linear(weights)(masks)).map(Math.sin);
    const order = scores.map((_, at) => at).sort((a, b) => scores[b] - scores[a]);
    const count = Math.min(steps, n);
    let area = 0;
    let last: number | null = null;
    for (let step = 0; step <= count; step++) {
      const kept = new Set(order.slice(0, Math.round((step * n) / count)));
      const value = Math.sin(weights.reduce((sum, weight, at) => sum + (kept.has(at) ? weight : 0), 0));
      if (last !== null) area += (last + value) / 2 / count;
      last = value;
    }
    // Sums in another order.
    t.true(Math.abs((await insertion(f, scores, steps)).area - area) < 1e-9);
    const g = linear(weights);
    const both = (await insertion(g, scores, steps)).area + (await deletion(g, scores, steps)).area;
    t.true(Math.abs(both - weights.reduce((sum, weight) => sum + weight, 0)) < 1e-9);
  }
});

test('average drop and increase: by hand', async (t) => {
  const f = linear([0.5, -0.1, 0.2]);
  const { drop, increase } = await averageDrop(f, [1, 0.5, 0]);
  t.true(near([drop], [(0.6 - 0.45) / 0.6]));
  t.is(increase, 0);
  t.deepEqual(await averageDrop(f, [1, 0, 1]), { drop: 0, increase: 1 });
  t.deepEqual(await averageDrop(f, [1, 1, 1]), { drop: 0, increase: 0 });
  t.deepEqual(await averageDrop(linear([0, 0]), [1, 0]), { drop: 0, increase: 0 });
});

test('Gini index and entropy: closed forms, and Quantus', (t) => {
  t.true(near([gini([0, 0, -3, 0])!, gini([2, -2, 2])!, gini([1, 3])!], [0.75, 0, 0.25]));
  t.true(near([entropy([0, -3])!, entropy([2, -2, 2])!], [0, Math.log(3)]));
  t.is(gini([0, 0]), null);
  t.is(entropy([0, 0]), null);
  const cases: { scores: number[]; gini: number; entropy: number }[] = JSON.parse(
    readFileSync(join(projectRoot, 'test', 'evaluation', 'quantus-complexity.json'), 'utf8'),
  );
  t.is(cases.length, 3);
  for (const { scores, ...expected } of cases) {
    // Quantus adds 1e-7 to every score.
    t.true(near([gini(scores)!], [expected.gini], 1e-6));
    t.true(near([entropy(scores)!], [expected.entropy], 1e-5));
  }
});

test('a masked image is a blend of image and blank in the space of the model', async (t) => {
  const model = await loadModel('builtin:mnist-fc', { engine: 'reference' });
  const [tensor, next] = [{ data: new Float32Array(784), shape: [1, 1, 28, 28] }, randomNumbers(9)];
  for (const blank of ['zero', 'mean']) {
    const settings = settingsFor(['explain', 'image', 'hide'], { blank } as object);
    const image = await readModelImage(model, join(digits, '7.png'), settings);
    const task = await imageTask(model, image, settings);
    const { data, shape } = image.prepared.tensor;
    const masks = Array.from({ length: 20 }, () => Float64Array.from(data, () => next()));
    masks[0].fill(1);
    const values = await maskedImage(task)(masks);
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    const behind = blank === 'zero' ? 0 : mean;
    t.true(Math.abs(values[0] - task.target.confidence) < 1e-6);
    for (const [at, mask] of masks.entries()) {
      tensor.data = data.map((value, pixel) => mask[pixel] * value + (1 - mask[pixel]) * behind);
      const [{ data: outputs }] = await model.predict([{ data: tensor.data, shape }]);
      // float32.
      t.true(Math.abs(values[at] - outputs[task.target.index]) < 1e-5);
    }
  }
  model.dispose();
});

test('smug evaluate --metrics: columns of the table', async (t) => {
  const home = temporaryFolder('metrics');
  writeFileSync(join(home, 'labels.tsv'), 'file\tclass_index\n3.png\t3\n7.png\t7\n');
  const words = ['evaluate', digits, '--model', 'builtin:mnist-fc', '--labels', join(home, 'labels.tsv')];
  const methods = ['--methods', 'gradients,max-box', '--out', join(home, 'table')];
  const metrics = 'insertion,deletion,average-drop,increase,sufficiency,comprehensiveness,gini,entropy';
  const done = await smug([...words, ...methods, '--metrics', metrics]);
  t.is(done.code, 0, done.stderr);
  t.true(done.stdout.includes(`| time | ${metrics.split(',').join(' | ')} |`));
  const table = JSON.parse(readFileSync(join(home, 'table', 'table.json'), 'utf8'));
  t.notThrows(() => check('evaluation-table', table));
  const [gradients, maxBox] = table.rows;
  t.deepEqual(Object.keys(gradients.metrics), metrics.split(','));
  t.true(gradients.metrics.gini > 0.3);
  t.true(gradients.metrics.insertion > gradients.metrics.deletion);
  // The whole image: nothing is hidden, and every pixel has the same score.
  t.like(maxBox.metrics, { 'average-drop': 0, increase: 0 });
  // Without the whole image the blank alone is left.
  t.true(Math.abs(maxBox.metrics.sufficiency) < 1e-6 && maxBox.metrics.comprehensiveness > 0.3);
  t.true(gradients.metrics.sufficiency > maxBox.metrics.sufficiency);

  t.true(Math.abs(maxBox.metrics.gini) < 1e-9 && Math.abs(maxBox.metrics.entropy - Math.log(784)) < 1e-6);
  t.regex(
    readFileSync(join(home, 'table', 'table.csv'), 'utf8'),
    /,average_drop,increase,sufficiency,comprehensiveness,gini,entropy\n/,
  );
  const wrong = await smug([...words, ...methods, '--metrics', 'beauty']);
  t.is(wrong.code, 2);
  t.regex(wrong.stderr, /beauty/);
});
