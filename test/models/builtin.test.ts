import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { explainImage, loadModel } from '../../dist/index.js';
import { readModelImage } from '../../dist/model/model-image.js';
import { chooseSolver } from '../../dist/solvers/choose-solver.js';
import { digit, projectRoot } from '../cli/smug.js';

const names = ['mnist-fc', 'mnist-cnn'];

test('both models together stay under 1 MB', (t) => {
  let bytes = 0;
  for (const name of names) {
    const folder = join(projectRoot, 'models', name);
    for (const file of readdirSync(folder)) bytes += statSync(join(folder, file)).size;
  }
  t.true(bytes < 1_000_000, `${bytes} bytes`);
});

for (const name of names) {
  test(`${name} reads every example digit rightly`, async (t) => {
    const model = await loadModel(`builtin:${name}`);
    for (let label = 0; label < 10; label++) {
      const { prepared } = await readModelImage(model, digit(label), {});
      const [probabilities] = await model.predict([prepared.tensor]);
      t.is(probabilities.data.indexOf(Math.max(...probabilities.data)), label);
      // Ten float32 probabilities.
      t.true(Math.abs(probabilities.data.reduce((sum, one) => sum + one, 0) - 1) < 1e-5);
    }
    model.dispose();
  });
}

test('an explained digit is proven minimal, the same size from every solver', async (t) => {
  const model = await loadModel('builtin:mnist-cnn');
  const sizes = [];
  for (const solver of chooseSolver('auto').name === 'libz3'
    ? (['native', 'wasm'] as const)
    : (['wasm'] as const)) {
    const { certificate, mask, target } = await explainImage(model, digit(3), {
      topK: 300,
      gamma: 0.5,
      solver,
    });
    t.is(target.label, '3');
    t.is(certificate.status, 'optimal');
    sizes.push(mask.size);
  }
  t.true(sizes[0] > 10 && sizes[0] < 200);
  t.is(new Set(sizes).size, 1);
  model.dispose();
});
