// One class against another: F is the difference of the two, attribution is linear in F.
import test from 'ava';
import { explanationText } from '../../dist/cli/explanation-text.js';
import { attribute, explainImage, explainText, loadModel, rateImage } from '../../dist/index.js';
import { smug } from '../cli/smug.js';
import { convolutionModel, textModel, picture as image, unscaled as preprocess } from './models.js';

const input = {
  data: Float32Array.from({ length: 189 }, (_, at) => ((at * 53) % 251) / 255),
  shape: [1, 3, 7, 9],
};

for (const output of ['probability', 'logit'] as const) {
  test(`${output}: the attribution of a difference is the difference of the attributions`, async (t) => {
    const model = convolutionModel();
    // A fixed rule, so that all three are taken at the same points.
    const options = { output, steps: 24 };
    const [one, other] = [0, 2];
    const of = (target: number, against?: number) =>
      attribute(model, [input], { ...options, target, against });
    const [mine, theirs, difference] = [await of(one), await of(other), await of(one, other)];
    const largest = mine.scores.data.reduce((most, score) => Math.max(most, Math.abs(score)), 0);
    difference.scores.data.forEach((score, node) => {
      const expected = mine.scores.data[node] - theirs.scores.data[node];
      // Float32 gradients, summed over 24 points.
      t.true(Math.abs(score - expected) < 1e-5 * largest, `node ${node}`);
    });
    const back = await of(other, one);
    back.scores.data.forEach((score, node) =>
      t.true(Math.abs(score + difference.scores.data[node]) < 1e-5 * largest),
    );
    t.is(difference.target.against?.index, other);
  });
}

test('an image: completeness holds for the difference; sufficiency is of the two classes', async (t) => {
  const model = convolutionModel();
  const plain = await explainImage(model, image, { preprocess });
  const against = (plain.target.index + 1) % 4;
  const explained = await explainImage(model, image, {
    ...{ preprocess, against, output: 'probability', tolerance: 1e-3, requireClass: true, topK: 30 },
  });
  t.true(explained.attribution.completenessError! <= 1e-3);
  const { target, sufficiency } = explained;
  t.is(target.index, plain.target.index);
  t.is(sufficiency.before, target.confidence - target.against!.confidence);
  t.is(sufficiency.classKept, sufficiency.after > 0);
  t.true(sufficiency.extended != null && sufficiency.extended.after > 0);
  const text = explanationText(explained);
  t.regex(text, /the question is what speaks for class \d .* and not for class \d/);
  t.regex(text, /(before|behind) class \d/);
});

test('a text by its words, and digits on the machine’s own engine', async (t) => {
  const words = 'the film was a dull and slow but honest tale'.split(' ');
  const vocabulary = Object.fromEntries(['[PAD]', '[UNK]', ...words].map((word, at) => [word, at]));
  const model = textModel('conv');
  const { target } = await explainText(model, 'the slow tale was honest', { vocabulary });
  const text = await explainText(model, 'the slow tale was honest', {
    ...{ vocabulary, against: (target.index + 1) % 4 },
  });
  t.is(text.target.against!.index, (target.index + 1) % 4);
  const digits = await loadModel('builtin:mnist-cnn');
  const explained = await explainImage(digits, 'examples/digits/3.png', {
    against: 8,
    gamma: 0.3,
    timeLimit: 5,
  });
  t.deepEqual([explained.target.index, explained.target.against?.index], [3, 8]);
  t.true(explained.mask.size > 0 && explained.attribution.converged !== false);
  // The networks made for it are gone: the model still explains as before.
  const again = await explainImage(digits, 'examples/digits/3.png', { against: 8, gamma: 0.3, timeLimit: 5 });
  t.deepEqual(again.mask.cells, explained.mask.cells);
  digits.dispose();
});

test('what cannot be meant is refused by name', async (t) => {
  const model = convolutionModel();
  const { target } = await explainImage(model, image, { preprocess });
  const same = { preprocess, against: target.index };
  await t.throwsAsync(explainImage(model, image, same), { message: /against must be another class/ });
  await t.throwsAsync(explainImage(model, image, { preprocess, against: 9 }), { code: 'UNKNOWN_CLASS' });
  await t.throwsAsync(explainImage(model, image, { preprocess, against: 1, output: 'value', target: 0 }), {
    message: /against must be nothing where the output is value/,
  });
  await t.throwsAsync(rateImage(model, image, 'gradients', { preprocess, against: 1 }), {
    message: /against must be nothing/,
  });
  const { code, stdout } = await smug([
    ...['explain', 'examples/digits/7.png', '--model', 'builtin:mnist-fc', '--against', '1', '--json'],
  ]);
  t.is(code, 0);
  t.is(JSON.parse(stdout).results[0].target.against.index, 1);
});
