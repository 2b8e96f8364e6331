import test from 'ava';
import {
  attribute,
  explainText,
  rateWords,
  type MaskProblem,
  type TextExplanation,
} from '../../dist/index.js';
import { readModelText } from '../../dist/model/model-text.js';
import { explanationText } from '../../dist/cli/explanation-text.js';
import { bruteForce } from '../support/brute-force.js';
import { textModel } from './models.js';

const words = 'the film was a dull and slow but honest tale of war'.split(' ');
const vocabulary = Object.fromEntries(['[PAD]', '[UNK]', ...words].map((word, at) => [word, at]));
const text = 'the film was a slow but honest tale';

/** A problem row by row. */
function rowsOf({
  variables,
  offsets,
  columns,
  coefficients,
  lower,
}: TextExplanation['problem']): MaskProblem {
  const rows = Array.from(lower, (bound, row) => ({
    columns: columns.subarray(offsets[row], offsets[row + 1]),
    coefficients: coefficients.subarray(offsets[row], offsets[row + 1]),
    lower: bound,
  }));
  return { variables, rows };
}

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);

/** The model's one output on a text with some words as padding. */
async function valueOf(
  model: ReturnType<typeof textModel>,
  kept: (word: number) => boolean = () => true,
): Promise<number> {
  const { tensor, arranged } = await readModelText(model, text, { vocabulary });
  const data = tensor.data.slice();
  arranged.words.forEach(({ positions }, word) => {
    if (!kept(word)) for (const position of positions) data[position] = 0;
  });
  const [{ data: outputs }] = await model.predict([{ data, shape: tensor.shape }]);
  return outputs[0];
}

for (const first of ['conv', 'dense'] as const) {
  test(`${first}: a value is explained as it stands, or by its distance from a reference on its side`, async (t) => {
    const model = textModel(first, 5, 1);
    const value = await valueOf(model);
    const options = { vocabulary, output: 'value', topK: 8, tolerance: 1e-4 } as const;
    const plain = await explainText(model, text, options);
    const above = await explainText(model, text, { ...options, relativeTo: value - 0.5 });
    const below = await explainText(model, text, {
      ...options,
      relativeTo: value + 0.25,
      requireClass: true,
    });

    t.deepEqual(plain.target, { index: 0, label: null, confidence: value, value });
    t.is(plain.parameters.output, 'value');
    t.true(Math.abs(above.target.confidence - 0.5) < 1e-6 && Math.abs(below.target.confidence - 0.25) < 1e-6);
    t.deepEqual([below.target.value, below.target.relativeTo], [value, value + 0.25]);

    // The reference is a constant: it decides the sign and nothing else.
    t.deepEqual(above.scores.data, plain.scores.data);
    plain.scores.data.forEach((score, node) =>
      t.true(Math.abs(score + below.scores.data[node]) < 1e-5, `node ${node}`),
    );
    const [empty] = (
      await (
        await model.compile(model.split('value', new Map([['words', [1, 12]]])).tail)
      ).forward([{ data: new Float32Array(plain.scores.data.length), shape: plain.scores.shape }])
    )[0].data;
    t.true(Math.abs(sum(plain.scores.data) - (value - empty)) < 1e-3 * Math.abs(value - empty));

    for (const explanation of [plain, above, below]) {
      t.is(explanation.certificate.status, 'optimal');
      t.is(explanation.mask.size, bruteForce(rowsOf(explanation.problem)).size);
      const side = explanation === below ? -1 : 1;
      const offset = explanation.target.relativeTo ?? 0;
      const masked = await valueOf(model, (word) => explanation.mask.cells[word] === 1);
      const { sufficiency } = explanation;
      t.true(Math.abs(sufficiency.before - side * (value - offset)) < 1e-5);
      t.true(Math.abs(sufficiency.after - side * (masked - offset)) < 1e-5);
      t.is(sufficiency.classKept, explanation === plain ? null : side * (masked - offset) > 0);
    }
    const { extended } = below.sufficiency;
    t.truthy(extended);
    t.true((await valueOf(model, (word) => extended!.cells[word] === 1)) < value + 0.25);
    t.regex(explanationText(below), /the value -?[0-9.]+, 0.25 below/);
  });
}

test('other methods and the attribution alone explain a value, too', async (t) => {
  const model = textModel('conv', 5, 1);
  const value = await valueOf(model);
  const options = { vocabulary, output: 'value', relativeTo: value + 0.25, tolerance: 1e-4 } as const;
  const integrated = await rateWords(model, text, 'integrated-gradients', options);
  const plain = await rateWords(model, text, 'integrated-gradients', { ...options, relativeTo: undefined });
  integrated.words.forEach(({ score }, at) => t.true(Math.abs(score + plain.words[at].score) < 1e-5));
  const sis = await rateWords(model, text, 'sis', { ...options, tolerance: undefined, threshold: 0.1 });
  for (const subset of sis.subsets!) {
    const alone = await valueOf(model, (word) => subset.words.includes(word));
    t.true(value + 0.25 - alone >= 0.1 - 1e-6);
    t.true(Math.abs(subset.value - (value + 0.25 - alone)) < 1e-5);
  }
  const { tensor } = await readModelText(model, text, { vocabulary });
  const { output, target } = await attribute(model, [tensor], { output: 'value' });
  t.deepEqual([output, target.value], ['value', value]);
});

test('a value of several, or a reference without a value, is asked for by name', async (t) => {
  const model = textModel('conv', 6, 3);
  await t.throwsAsync(explainText(model, text, { vocabulary, output: 'value' }), {
    code: 'UNKNOWN_CLASS',
    message: /3 outputs.*target/,
  });
  const explanation = await explainText(model, text, { vocabulary, output: 'value', target: 2 });
  t.is(explanation.target.index, 2);
  await t.throwsAsync(explainText(model, text, { vocabulary, relativeTo: 1 }), {
    code: 'BAD_OPTION',
    message: /relativeTo/,
  });
  await t.throwsAsync(
    explainText(model, text, { vocabulary, output: 'value', target: 0, requireClass: true }),
    {
      code: 'BAD_OPTION',
      message: /requireClass/,
    },
  );
});
