// Texts that nobody writes on purpose: each ends in a proven answer whose counts fit, or in an error that says why.
import test from 'ava';
import { explainText, loadModel } from '../../dist/index.js';
import type { Model } from '../../dist/model/model.js';

let model: Model;
test.before(async () => {
  model = await loadModel('builtin:reviews-cnn');
});
test.after.always(() => model?.dispose());

for (const [name, text, message] of [
  ['empty', '', /text is empty/],
  ['blank', ' \n\t', /text is empty/],
  ['marks that the declaration filters away', '. , !', /no word/],
] as const)
  test(`${name}: refused with its reason`, async (t) => {
    await t.throwsAsync(explainText(model, text), { code: 'BAD_INPUT', message });
  });

for (const [name, text, words, unknown] of [
  ['only unknown words', 'qwxz zzyq xxqj', ['qwxz', 'zzyq', 'xxqj'], 3],
  ['the name of the padding is a word like any other', '<pad> <pad>', ['pad', 'pad'], 2],
  ['emoji, one of several code points', 'great 😀 👩‍👩‍👧‍👦', ['great', '😀', '👩‍👩‍👧‍👦'], 2],
  ['right-to-left words', 'great שלום فيلم', ['great', 'שלום', 'فيلم'], 2],
  ['combining characters', 'great cafe\u0301 tre\u0300s', ['great', 'cafe\u0301', 'tre\u0300s'], 2],
  ['half of a surrogate pair', 'film \ud800 great', ['film', '\ud800', 'great'], 1],
  ['control characters', 'great \0\x1b[31m', ['great', '\0\x1b', '31m'], 2],
  ['one word of a megabyte', 'x'.repeat(1 << 20), ['x'.repeat(1 << 20)], 1],
] as const)
  test(`${name}: proven, every word with its place in the text`, async (t) => {
    const explanation = await explainText(model, text);
    t.is(explanation.certificate.status, 'optimal');
    t.deepEqual(
      explanation.words.map(({ word }) => word),
      [...words],
    );
    for (const { word, start, end } of explanation.words) t.is(text.slice(start, end), word);
    t.is(explanation.text.unknown, unknown);
    t.is(explanation.text.padding, explanation.text.positions - words.length);
    t.deepEqual(JSON.parse(JSON.stringify(explanation)).input, text);
  });

test('a megabyte of words: explained on what the model sees, and the result says what was cut', async (t) => {
  const times = 75_000;
  const { certificate, text, words, mask } = await explainText(model, 'a dull film . '.repeat(times));
  t.is(certificate.status, 'optimal');
  t.deepEqual([text.words, text.seen, text.cut], [3 * times, 500, 3 * times - 500]);
  t.is(text.cutFrom, 'end');
  t.is(text.padding, 0);
  t.deepEqual([words.length, mask.cells.length], [500, 500]);
});
