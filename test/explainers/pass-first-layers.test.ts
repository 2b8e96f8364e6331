import test from 'ava';
import { passFirstLayers } from '../../dist/explainers/pass-first-layers.js';
import type { Tensor } from '../../dist/tensor.js';
import { Random } from '../support/random.js';
import { convolutionModel } from './models.js';

const random = new Random(3);
const inputs = Array.from({ length: 7 }, () => random.uniform([1, 3, 7, 9], 0, 1));

test('many inputs in one batch are seen as each alone, to the bit on the reference engine', async (t) => {
  const model = convolutionModel();
  const { passes, split } = await passFirstLayers(model, inputs, 'probability');
  t.is(passes.length, inputs.length);
  for (const [at, input] of inputs.entries()) {
    const alone = await passFirstLayers(model, [input], 'probability');
    t.deepEqual(passes[at], alone.passes[0], String(at));
    t.deepEqual(passes[at].activation.shape, [1, ...split.layer.outputShape]);
    const [predicted] = await model.predict([input]);
    passes[at].outputs.forEach((value, index) => t.true(Math.abs(value - predicted.data[index]) < 1e-6));
  }
});

test('inputs of different shapes, and none, are refused', async (t) => {
  const other: Tensor = { data: new Float32Array(3), shape: [1, 3, 1, 1] };
  const refused = { code: 'BAD_INPUT' };
  await t.throwsAsync(passFirstLayers(convolutionModel(), [inputs[0], other], 'logit'), refused);
  await t.throwsAsync(passFirstLayers(convolutionModel(), [], 'logit'), refused);
});
