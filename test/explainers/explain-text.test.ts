import test from 'ava';
import { explainText } from '../../dist/index.js';
import { selectTopNodes } from '../../dist/attribution/select.js';
import { textModel } from './models.js';

const words = 'the film was a dull and slow but honest tale of war'.split(' ');
const vocabulary = Object.fromEntries(['[PAD]', '[UNK]', ...words].map((word, at) => [word, at]));

for (const first of ['conv', 'dense'] as const) {
  test(`${first}: one variable a word, and the kept words keep the evidence`, async (t) => {
    const model = textModel(first);
    for (const gamma of [0, 0.5]) {
      const explanation = await explainText(model, 'The film was, a slow tale!', {
        vocabulary,
        gamma,
        topK: 9,
      });
      t.deepEqual(
        explanation.words.map(({ word }) => word),
        ['the', 'film', 'was', ',', 'a', 'slow', 'tale', '!'],
      );
      t.deepEqual([explanation.mask.height, explanation.mask.width], [1, 8]);
      t.is(explanation.certificate.status, 'optimal');

      const data = new Float32Array(12);
      explanation.words.forEach(({ word }, at) => (data[at] = vocabulary[word] ?? vocabulary['[UNK]']));
      const split = model.split('probability', new Map([['words', [1, 12]]]));
      const [x] = await (await model.compile(split.prefix)).forward([{ data, shape: [1, 12] }]);
      // X is [1, 5, 12] for the convolution, [1, 12, 5] for the dense layer.
      const wordAt = (at: number) => (first === 'conv' ? at % 12 : Math.floor(at / 5));
      // Padding has no variable: it stays.
      const masked = x.data.map((value, at) => value * (explanation.mask.cells[wordAt(at)] ?? 1));
      const whole = preactivations(split.layer, x.data);
      const kept = preactivations(split.layer, masked);
      const chosen = [...selectTopNodes(explanation.scores.data, 9)].filter((node) => whole[node] > 0);
      t.is(explanation.nodes.constrained, chosen.length);
      t.true(chosen.every((node) => kept[node] > gamma * whole[node]));
      explanation.words.forEach(({ kept: one, score }, at) => {
        t.is(one, explanation.mask.cells[at] === 1);
        t.is(score, explanation.saliency[at]);
      });
    }
  });
}

function preactivations(
  layer: ReturnType<ReturnType<typeof textModel>['split']>['layer'],
  x: Float32Array,
): number[] {
  const count = layer.outputShape.reduce((a, b) => a * b, 1);
  return Array.from({ length: count }, (_, node) => {
    if (layer.kind === 'dense')
      return x.reduce(
        (sum, value, at) => sum + value * layer.weights.data[at * count + node],
        layer.bias[node],
      );
    const channel = Math.floor(node / 10);
    let sum = layer.bias[channel];
    for (let c = 0; c < 5; c++)
      for (let k = 0; k < 3; k++)
        sum += x[c * 12 + (node % 10) + k] * layer.weights.data[(channel * 5 + c) * 3 + k];
    return sum;
  });
}

test('texts and vocabularies that do not fit are refused by name', async (t) => {
  const model = textModel('conv');
  await t.throwsAsync(explainText(model, 'film'), { code: 'BAD_OPTION', message: /vocab/ });
  await t.throwsAsync(explainText(model, '', { vocabulary }), { code: 'BAD_INPUT' });
  await t.throwsAsync(explainText(model, 3 as never, { vocabulary }), {
    instanceOf: TypeError,
    message: /text/,
  });
  await t.throwsAsync(explainText(model, 'film', { vocabulary, window: 2 }), {
    instanceOf: RangeError,
    message: /window/,
  });
  await t.throwsAsync(explainText(model, 'film', { vocabulary: { film: -1 } }), {
    code: 'BAD_OPTION',
    message: /film/,
  });
});
