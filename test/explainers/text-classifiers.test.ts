// Transformers as folders hold them: model.onnx, tokenizer.json, config.json.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { selectTopNodes } from '../../dist/attribution/select.js';
import { explainImage, explainText, loadModel, predictText, rateWords } from '../../dist/index.js';
import { smug } from '../cli/smug.js';
import { classifierFolder, classNames, vocabulary } from '../support/classifier-folder.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { classifierLogits, embedded } from '../support/text-classifier.js';
import { picture, unscaled } from './models.js';

const text = 'Dullest films of all, a bad film';
const ids = ['[CLS]', 'dull', '##est', 'film', '##s', 'of', 'all', ',', 'a', 'bad', 'film', '[SEP]'].map(
  (piece) => vocabulary[piece],
);
const real = ids.map(() => true);
/** Per position its word; −1 for special tokens. */
const wordAt = [-1, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, -1];
const logits = classifierLogits(embedded(ids), real, {});

const probabilities = (scores: readonly number[]) => {
  const raised = scores.map(Math.exp);
  return raised.map((one) => one / raised.reduce((a, b) => a + b));
};

test("a text's classes are the definition's, by name; at its own length and padded alike", async (t) => {
  for (const positions of [-1, 16]) {
    const model = await loadModel(classifierFolder(positions), { engine: 'reference' });
    const { predictions, input } = await predictText(model, text);
    t.is(input, text);
    t.deepEqual(
      predictions.map(({ index }) => index),
      [0, 1, 2].sort((a, b) => logits[b] - logits[a]),
    );
    for (const { index, label, confidence } of predictions) {
      t.is(label, classNames[index as 0]);
      t.true(Math.abs(confidence - logits[index]) < 1e-5);
    }
    t.is((await predictText(model, text, { top: 1 })).predictions.length, 1);
    model.dispose();
  }
});

test('one variable per word, and the mask is the words that hold a chosen dimension', async (t) => {
  for (const positions of [-1, 16]) {
    const model = await loadModel(classifierFolder(positions), { engine: 'reference' });
    for (const gamma of [0, 0.7]) {
      const explanation = await explainText(model, text, {
        topK: 6,
        gamma,
        output: 'probability',
        tolerance: 1e-4,
      });
      const { words, mask, certificate, target, scores, attribution } = explanation;
      t.deepEqual(
        words.map(({ word, pieces: count }) => [word, count]),
        [
          ['dullest', 2],
          ['films', 2],
          ['of', 1],
          ['all', 1],
          [',', 1],
          ['a', 1],
          ['bad', 1],
          ['film', 1],
        ],
      );
      t.is(text.slice(words[0].start, words[0].end), 'Dullest');
      t.deepEqual([mask.height, mask.width], [1, 8]);
      t.is(certificate.status, 'optimal');
      t.is(target.index, logits.indexOf(Math.max(...logits)));

      const length = positions < 0 ? ids.length : positions;
      t.is(explanation.text.positions, length);
      t.is(explanation.text.padding, length - ids.length);
      // Special tokens and padding have no variable: none of their dimensions is chosen.
      const ofWords = scores.data.map((score, node) => ((wordAt[node % length] ?? -1) < 0 ? 0 : score));
      const chosen = [...selectTopNodes(ofWords, 6)].map((node) => wordAt[node % length]);
      words.forEach(({ kept }, at) => t.is(kept, chosen.includes(at)));
      t.is(explanation.nodes.constrained, chosen.length);
      t.is(explanation.nodes.metByBlank, 0);
      t.is(mask.size, new Set(chosen).size);

      // Completeness: what all nodes together are given is F here less F where every vector is zero.
      const nothing = embedded(ids).map((vector) => vector.map(() => 0));
      const [here, there] = [embedded(ids), nothing].map(
        (vectors) => probabilities(classifierLogits(vectors, real, {}))[target.index],
      );
      const total = scores.data.reduce((sum, score) => sum + score, 0);
      // Padding's vectors are zero at the path's beginning as well, and attended by none.
      t.true(
        Math.abs(total - (here - there)) < 2e-4 * Math.abs(here - there) + 1e-5,
        `${total}, ${here - there}`,
      );
      t.true(attribution.converged !== false);
    }
    model.dispose();
  }
});

test('what SMUG is compared with reads such a model as well', async (t) => {
  const model = await loadModel(classifierFolder(), { engine: 'reference' });
  for (const method of ['smug-base', 'sis', 'gradients', 'integrated-gradients'] as const) {
    const { words } = await rateWords(model, text, method);
    t.is(words.length, 8);
    t.true(words.every(({ score }) => Number.isFinite(score)));
  }
  const { words, target } = await rateWords(model, text, 'integrated-gradients', {
    tolerance: 1e-4,
    output: 'probability',
  });
  const hidden = embedded(ids).map((vector, at) => (wordAt[at] < 0 ? vector : vector.map(() => 0)));
  const [here, there] = [embedded(ids), hidden].map(
    (vectors) => probabilities(classifierLogits(vectors, real, {}))[target.index],
  );
  const total = words.reduce((sum, { score }) => sum + score, 0);
  t.true(Math.abs(total - (here - there)) < 2e-4 * Math.abs(here - there) + 1e-5);
  model.dispose();
});

test('words in byte pairs: a word and the white space before it share a variable', async (t) => {
  const sentence = 'du  dé! ';
  const found = ['<s>', 'Ġdu', 'Ġ', 'Ġd', 'é', '!', 'Ġ', '</s>'];
  const at = { '<s>': 0, '</s>': 2, Ġ: 3, Ġd: 6, Ġdu: 7, '!': 8, é: 11 };
  const rows = embedded(found.map((piece) => at[piece as keyof typeof at]));
  const expected = classifierLogits(
    rows,
    rows.map(() => true),
    {},
  );
  const model = await loadModel(classifierFolder(-1, undefined, 'byte pairs'), { engine: 'reference' });
  const { predictions } = await predictText(model, sentence);
  for (const { index, confidence } of predictions) t.true(Math.abs(confidence - expected[index]) < 1e-5);

  const { words, certificate, scores } = await explainText(model, sentence, { topK: 5, gamma: 0 });
  t.is(certificate.status, 'optimal');
  t.deepEqual(
    words.map(({ word, start, end, pieces }) => [word, start, end, pieces]),
    [
      ['du', 0, 2, 1],
      ['dé', 4, 6, 3],
      ['!', 6, 7, 2],
    ],
  );
  const wordOf = [-1, 0, 1, 1, 1, 2, 2, -1];
  const ofWords = scores.data.map((score, node) => (wordOf[node % found.length] < 0 ? 0 : score));
  const chosen = [...selectTopNodes(ofWords, 5)].map((node) => wordOf[node % found.length]);
  words.forEach(({ kept }, number) => t.is(kept, chosen.includes(number)));
  model.dispose();
});

test('a text longer than the model has positions is cut, and told', async (t) => {
  const model = await loadModel(classifierFolder(), { engine: 'reference' });
  const { text: counts } = await explainText(model, 'film '.repeat(40));
  t.is(counts.positions, 16);
  t.is(counts.seen, 14);
  t.is(counts.cut, 26);
  model.dispose();
});

test('a picture is not what such a model takes, and the error says what is', async (t) => {
  const model = await loadModel(classifierFolder(), { engine: 'reference' });
  await t.throwsAsync(explainImage(model, picture, { preprocess: unscaled }), {
    code: 'UNSUPPORTED_MODEL',
    message: /3 inputs \(input_ids, attention_mask, token_type_ids\).*explainText/,
  });
  model.dispose();
});

test('smug predict and smug explain take a folder and a sentence', async (t) => {
  const folder = classifierFolder();
  const predicted = await smug(['predict', text, '--json', '--model', folder]);
  t.is(predicted.code, 0, predicted.stderr);
  const { input, predictions } = JSON.parse(predicted.stdout);
  t.is(input, text);
  t.is(predictions[0].label, classNames[logits.indexOf(Math.max(...logits)) as 0]);
  const piped = await smug(['predict', '-', '--json', '--model', folder], { stdin: text });
  t.deepEqual(JSON.parse(piped.stdout).predictions, predictions);

  const out = temporaryFolder('classifier-out');
  const words = ['explain', `${text}: why?`, '--json', '--top-k', '6', '--out', out, '--model', folder];
  const explained = await smug(words);
  t.is(explained.code, 0, explained.stderr);
  const [result] = JSON.parse(explained.stdout).results;
  t.is(result.input, `${text}: why?`);
  t.is(result.words.length, 11);
  t.true(existsSync(join(out, 'Dullest-films-of-all-a-bad-film-why.html')));
  t.is(result.certificate.status, 'optimal');
});
