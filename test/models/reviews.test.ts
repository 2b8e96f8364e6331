import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { explainText, loadModel } from '../../dist/index.js';
import { readModelText } from '../../dist/model/model-text.js';
import { stacked } from '../../dist/tensor.js';
import { projectRoot } from '../cli/smug.js';
import { sharedData, testWith } from '../support/needs.js';
import { sharedPath } from '../support/shared-data.js';

test('reviews-cnn stays under 2 MB with its vocabulary', (t) => {
  const folder = join(projectRoot, 'models', 'reviews-cnn');
  const bytes = readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
  t.true(bytes < 2_000_000, `${bytes} bytes`);
});

testWith(sharedData)('reviews-cnn reads 741 of the 958 held-out sentences rightly', async (t) => {
  const model = await loadModel('builtin:reviews-cnn');
  let right = 0;
  let all = 0;
  for (const [label, name] of ['neg', 'pos'].entries()) {
    const lines = readFileSync(sharedPath('text', `rt-polarity.${name}.txt`), 'utf8').split('\n');
    const heldOut = lines.filter((line) => line.trim() !== '').filter((_, number) => number % 10 === 9);
    for (let first = 0; first < heldOut.length; first += 64) {
      const part = heldOut.slice(first, first + 64);
      const texts = await Promise.all(part.map((line) => readModelText(model, line, {})));
      const [outputs] = await model.predict([stacked(texts.map(({ tensor }) => tensor))]);
      t.is(outputs.data.length, part.length);
      right += outputs.data.filter((probability) => (probability > 0.5 ? 1 : 0) === label).length;
    }
    all += heldOut.length;
  }
  t.is(all, 958);
  t.is(right, 741);
  model.dispose();
});

test('with one sigmoid output p, what is explained is p where p is at least 0.5, else 1 − p', async (t) => {
  const model = await loadModel('builtin:reviews-cnn');
  for (const [text, label] of [
    ['A gorgeous, witty film: never dull, and often very moving.', 'positive'],
    ["It's a dull, lifeless mess.", 'negative'],
  ]) {
    const { tensor } = await readModelText(model, text, {});
    const [{ data }] = await model.predict([tensor]);
    const explanation = await explainText(model, text, { tolerance: 1e-4 });
    t.is(explanation.target.label, label);
    const p = label === 'positive' ? data[0] : 1 - data[0];
    t.true(p >= 0.5);
    // Float32 sigmoids, one of them computed as 1 − p.
    t.true(Math.abs(explanation.target.confidence - p) < 1e-6);
    t.is(explanation.certificate.status, 'optimal');
    // Integrated gradients are complete: from the empty first layer to the text's.
    const sum = explanation.scores.data.reduce((total, score) => total + score, 0);
    const { data: none } = await model
      .predict([{ data: new Float32Array(500), shape: [1, 500] }])
      .then(([one]) => one);
    const empty = label === 'positive' ? none[0] : 1 - none[0];
    t.true(Math.abs(sum - (p - empty)) < 1e-3, `${sum} against ${p - empty}`);
  }
  model.dispose();
});

test('the native engine and the reference engine keep the same words', async (t) => {
  const texts = [
    'An affectionate portrait, with a charm that grows on you.',
    'Pretentious and slow; the jokes fall flat 😞 and nobody cares.',
    'great',
  ];
  const [native, reference] = await Promise.all([
    loadModel('builtin:reviews-cnn'),
    loadModel('builtin:reviews-cnn', { engine: 'reference' }),
  ]);
  for (const text of texts) {
    const [a, b] = [await explainText(native, text), await explainText(reference, text)];
    t.is(b.engine, 'reference');
    t.is(a.mask.size, b.mask.size);
    t.deepEqual(a.nodes, b.nodes);
    t.deepEqual(
      a.words.map(({ kept }) => kept),
      b.words.map(({ kept }) => kept),
    );
  }
  native.dispose();
  reference.dispose();
});
