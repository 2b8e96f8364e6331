// An evaluation of texts from JSON Lines or a folder to the table.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { explainText, loadModel, rateWords, type EvaluatedText } from '../../dist/index.js';
import { readTextFolder, readTextLines } from '../../dist/evaluation/labelled-texts.js';
import { textTable, textTableCsv, textTableMarkdown } from '../../dist/evaluation/text-table.js';
import { readSpans } from '../../dist/input/text/text-spans.js';
import { check } from '../cli/printed-documents.js';
import { smug } from '../cli/smug.js';
import { journalEntries } from '../support/journal-entries.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const folder = () => temporaryFolder('evaluate-texts');
const good = 'two wonderful actors make it a warm and moving film';
const bad = 'the plot is thin and the jokes are old and dull';

function lines(home: string, rows: unknown[]): string {
  const path = join(home, 'texts.jsonl');
  writeFileSync(path, rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n'));
  return path;
}

test('what people marked: stretches and phrases, each wrong one named', (t) => {
  t.deepEqual(readSpans([[0, 3], { start: 4, end: 5 }, 'an'], 'an old and', 'marks'), [
    { start: 0, end: 3 },
    { start: 4, end: 5 },
    { start: 0, end: 2 },
    { start: 7, end: 9 },
  ]);
  for (const [wrong, message] of [
    [{}, /a list is expected/],
    [[[3, 3]], /entry 0: \[3,3\] is no stretch/],
    [[[0, 99]], /of 10 code units/],
    [['x', 'gone'], /entry 0: 'x' does not occur/],
    [[null], /entry 0: null/],
    [[''], /entry 0/],
  ] as const)
    t.throws(() => readSpans(wrong, 'an old and', 'marks'), { code: 'BAD_INPUT', message });
});

test('JSON Lines: what is wrong is named line by line', async (t) => {
  const home = folder();
  t.deepEqual(
    await readTextLines(
      lines(home, [{ text: good, class_index: 1, truth: ['warm'] }, '', { text: bad, file: 'b' }]),
    ),
    [
      { file: 'texts.jsonl:1', text: good, classIndex: 1, truth: [{ start: 31, end: 35 }] },
      { file: 'b', text: bad },
    ],
  );
  const wrong = [
    { text: 3 },
    '{',
    { text: bad, class_index: 'x' },
    { text: bad, truth: ['no such'] },
    { text: good },
  ];
  await t.throwsAsync(readTextLines(lines(home, wrong)), {
    code: 'BAD_INPUT',
    message:
      /4 lines are wrong: line 1: no text; line 2: .*; line 3: class_index "x"; line 4: truth, entry 0/,
  });
  await t.throwsAsync(readTextLines(lines(home, [])), { code: 'BAD_INPUT' });
  await t.throwsAsync(readTextLines(join(home, 'gone.jsonl')), { code: 'FILE_NOT_FOUND' });
});

test('a folder: its .txt files, or those of the labels, with what stands beside them', async (t) => {
  const home = folder();
  writeFileSync(join(home, 'a.txt'), good);
  writeFileSync(join(home, 'a.truth.json'), '["wonderful"]');
  writeFileSync(join(home, 'b.txt'), bad);
  t.deepEqual(await readTextFolder(home, null), [
    { file: 'a.txt', text: good, truth: [{ start: 4, end: 13 }] },
    { file: 'b.txt', text: bad },
  ]);
  t.deepEqual(await readTextFolder(home, [{ file: 'b.txt', classIndex: 0 }]), [
    { file: 'b.txt', text: bad, classIndex: 0 },
  ]);
  writeFileSync(join(home, 'a.truth.json'), '[');
  await t.throwsAsync(readTextFolder(home, null), { code: 'BAD_INPUT', message: /a.truth.json is no JSON/ });
});

test('the table: means over what is known', (t) => {
  const measured = (value: number, agreement?: { auc: number | null; f1: number; mae: number }) => ({
    sparsity: value,
    sufficiency: value,
    comprehensiveness: -value,
    seconds: 1,
    ...(agreement && { agreement }),
  });
  const texts: EvaluatedText[] = [
    { file: 'a', correct: true, methods: { smug: measured(0.25, { auc: null, f1: 0.5, mae: 0.25 }) } },
    { file: 'b', correct: true, methods: { smug: measured(0.75, { auc: 1, f1: 1, mae: 0.5 }) } },
    { file: 'c', correct: true, methods: { smug: measured(0.5) } },
    { file: 'd', correct: false },
    { file: 'e', correct: false, error: { code: 'BAD_INPUT', message: 'no words' } },
  ];
  const table = textTable(texts, ['smug']);
  t.like(table, { texts: 5, correct: 3, marked: 2, failed: [{ file: 'e' }] });
  t.like(table.rows[0], { sparsity: 0.5, comprehensiveness: -0.5, auc: 1, f1: 0.75, mae: 0.375 });
  t.regex(textTableMarkdown(table), /\| smug \| 50.0 % \| 0.500 \| -0.500 \| 1.000 \| 0.750 \| 0.375 \|/);
  t.is(textTableCsv(table).split('\n')[1], 'smug,0.5,0.5,-0.5,1,0.75,0.375,1');
});

test('the command line: texts of both kinds, against the library and plain arithmetic; it goes on where it was', async (t) => {
  const home = folder();
  const path = lines(home, [
    { text: good, class_index: 1, truth: ['wonderful', 'warm'] },
    { text: bad, class_index: 1 },
    { text: '', file: 'empty' },
  ]);
  const words = (out: string) => [
    'evaluate',
    path,
    '--model',
    'builtin:reviews-cnn',
    '--out',
    join(home, out),
  ];
  const first = await smug(words('out'));
  t.is(first.code, 1, first.stderr);
  t.regex(first.stderr, /empty: BAD_INPUT/);
  const table = JSON.parse(readFileSync(join(home, 'out', 'table.json'), 'utf8'));
  // The second is read as negative and does not count.
  t.like(table, { texts: 3, correct: 1, marked: 1 });
  t.deepEqual(
    table.rows.map(({ method }: { method: string }) => method),
    ['smug', 'smug-base', 'sis', 'integrated-gradients', 'gradients'],
  );

  const model = await loadModel('builtin:reviews-cnn');
  const explanation = await explainText(model, good);
  const sis = await rateWords(model, good, 'sis');
  const gradients = await rateWords(model, good, 'gradients');
  model.dispose();
  const [smugRow, , sisRow, , gradientsRow] = table.rows;
  t.is(smugRow.sparsity, explanation.mask.size / explanation.words.length);
  const { before, after } = explanation.sufficiency;
  t.true(Math.abs(smugRow.sufficiency - (before - after)) < 1e-6);
  const truth = explanation.words.map(({ word }) => word === 'wonderful' || word === 'warm');
  const kept = sis.words.map((word) => word.kept === true);
  const right = kept.filter((one, at) => one && truth[at]).length;
  t.is(sisRow.f1, (2 * right) / (kept.filter(Boolean).length + 2));
  t.is(sisRow.mae, kept.filter((one, at) => one !== truth[at]).length / kept.length);
  let pairs = 0;
  gradients.words.forEach(({ score }, a) => {
    if (truth[a])
      gradients.words.forEach((other, b) => {
        if (!truth[b]) pairs += score > other.score ? 1 : score === other.score ? 0.5 : 0;
      });
  });
  t.is(gradientsRow.auc, pairs / (2 * (truth.length - 2)));
  t.is(gradientsRow.sparsity, null);

  const again = await smug(words('out'));
  t.is(again.stdout, first.stdout);
  t.is(
    readFileSync(join(home, 'out', 'journal.jsonl'), 'utf8')
      .trim()
      .split('\n').length,
    4,
  );
  t.regex((await smug([...words('out'), '--gamma', '0.5'])).stderr, /belongs to other work/);

  const texts = join(home, 'texts');
  mkdirSync(texts);
  writeFileSync(join(texts, 'a.txt'), good);
  const labels = join(home, 'labels.csv');
  writeFileSync(labels, 'file,class_index\na.txt,1\n');
  const more = [
    '--model',
    'builtin:reviews-cnn',
    '--methods',
    'smug,sis',
    '--out',
    join(home, 'folder'),
    '--labels',
    labels,
  ];
  const json = await smug(['evaluate', texts, ...more, '--json']);
  t.is(json.code, 0, json.stderr);
  t.is(JSON.parse(json.stdout).rows[0].sparsity, smugRow.sparsity);
  t.notThrows(() => check('text-table', JSON.parse(json.stdout)));
  t.notThrows(() => check('text-table', table));
  for (const entry of journalEntries(join(home, 'out')))
    t.notThrows(() => check('evaluated-text', entry), JSON.stringify(entry));
  t.is((await smug(['evaluate', texts, ...more, '--methods', 'smug,grad-cam'])).code, 2);
  t.is((await smug(['evaluate', home, '--model', 'builtin:mnist-cnn', '--out', join(home, 'x')])).code, 2);
});

test('--truth underlines what people marked on the page of a text', async (t) => {
  const home = folder();
  writeFileSync(join(home, 'a.txt'), good);
  writeFileSync(join(home, 'marks.json'), '["warm and moving"]');
  const words = [
    'explain',
    join(home, 'a.txt'),
    '--model',
    'builtin:reviews-cnn',
    '--truth',
    join(home, 'marks.json'),
  ];
  for (const more of [[], ['--method', 'sis']]) {
    const done = await smug([...words, ...more, '--out', join(home, 'out')]);
    t.is(done.code, 0, done.stderr);
    const page = readFileSync(join(home, 'out', more.length > 0 ? 'a.sis.html' : 'a.html'), 'utf8');
    const underlined = [...page.matchAll(/<u>(.*?)<\/u>/g)].map(([, inner]) =>
      inner.replace(/<[^>]*>/g, '').trim(),
    );
    t.deepEqual(
      underlined.filter((word) => word !== '' && !word.startsWith('underlined')),
      ['warm', 'and', 'moving'],
    );
  }
  t.is((await smug(words)).code, 2);
});
