import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { temporaryFolder } from '../support/temporary-folder.js';
import { check } from './printed-documents.js';
import { smug } from './smug.js';

const model = ['--model', 'builtin:reviews-cnn'];
const texts = ['A gorgeous, witty film: never dull.', '', 'It is a dull, lifeless mess.', 'שלום 👍 naïve'];

test('--lines: one JSON document per line, in order, also where a line fails', async (t) => {
  const { code, stdout, stderr } = await smug(
    ['explain', '-', '--lines', '--json', '--jobs', '2', ...model],
    {
      stdin: texts.join('\n'),
    },
  );
  const documents = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.is(documents.length, 4);
  t.deepEqual(
    documents.map(({ input }) => input),
    ['-:1', '-:2', '-:3', '-:4'],
  );
  t.deepEqual(
    documents.map(({ target }) => target?.label),
    ['positive', undefined, 'negative', documents[3].target.label],
  );
  t.is(documents[1].error.code, 'BAD_INPUT');
  t.is(documents[3].text.unknown, 3);
  for (const at of [0, 2]) t.is(documents[at].certificate.status, 'optimal');
  t.is(code, 1);
  t.regex(stderr, /1 of 4 texts failed/);
});

test('a text from standard input, and one from a file, with colours only where they are wanted', async (t) => {
  const folder = temporaryFolder('texts');
  const file = join(folder, 'review.txt');
  await writeFile(file, 'A gorgeous,\n\twitty film \x1b[31m\u202e<b>.');
  const plain = await smug(['explain', file, '-', ...model], { stdin: texts[2] });
  t.is(plain.code, 0);
  t.regex(plain.stdout, /words {8}A \[gorgeous\], \[witty\] film <U\+001B>\[31m<U\+202E><b>\./);
  t.regex(plain.stdout, /\[lifeless\]/);
  t.false(plain.stdout.includes('\x1b'));
  const coloured = await smug(['explain', file, ...model], { env: { FORCE_COLOR: '1', NO_COLOR: '' } });
  // eslint-disable-next-line no-control-regex -- colours are control characters
  t.regex(coloured.stdout, /\x1b\[1;30;48;5;\d+mgorgeous\x1b\[0m/);
  t.false(coloured.stdout.includes('\x1b[31m'));
});

test('--out writes a page that escapes the text, the document, the certificate', async (t) => {
  const folder = temporaryFolder('texts');
  const file = join(folder, 'a<b>.txt');
  await writeFile(file, '<script>alert("x")</script> a gorgeous & witty film \u0000');
  const out = join(folder, 'out');
  const { code, stdout } = await smug(['explain', file, '--json', '--require-class', '--out', out, ...model]);
  t.is(code, 0);
  const [result] = JSON.parse(stdout).results;
  t.true(result.sufficiency.extended.size >= result.mask.size);
  t.true(result.files.some((path: string) => path.endsWith('.certificate.json')));
  const page = await readFile(
    result.files.find((path: string) => path.endsWith('.html')),
    'utf8',
  );
  t.false(/<script|<b>/.test(page));
  t.regex(page, /&lt;script&gt;alert\(&quot;/);
  t.regex(page, /a&lt;b&gt;\.txt/);
  t.regex(page, /<mark[^>]*>gorgeous<\/mark>/);
  t.regex(page, /default-src 'none'/);
});

test('--method: what SMUG is compared with, in JSON, in text and in files', async (t) => {
  const folder = temporaryFolder('texts');
  for (const method of ['smug-base', 'sis', 'integrated-gradients', 'gradients']) {
    const words = ['explain', '-', '--method', method, ...model];
    const { code, stdout } = await smug([...words, '--json', '--out', folder], { stdin: texts[0] });
    t.is(code, 0);
    const [result] = JSON.parse(stdout).results;
    t.is(result.method, method);
    t.is(result.words.length, 6);
    t.is(result.words[0].kept === null, method === 'integrated-gradients' || method === 'gradients');
    check('word-rating', JSON.parse(await readFile(result.files[1], 'utf8')));
    t.regex((await smug(words, { stdin: texts[0] })).stdout, /class positive/);
  }
  const picture = await smug([
    'explain',
    'examples/digits/3.png',
    '--method',
    'sis',
    '--model',
    'builtin:mnist-cnn',
  ]);
  t.not(picture.code, 0);
  t.regex(picture.stderr, /method/);
  t.is((await smug(['explain', '-', '--method', 'magic', ...model], { stdin: 'film' })).code, 2);
});

test('what cannot be read, and a text model given a picture, end in words', async (t) => {
  const missing = await smug(['explain', 'none.txt', ...model]);
  t.is(missing.code, 1);
  t.regex(missing.stderr, /FILE_NOT_FOUND/);
  const lines = await smug(['explain', 'none.txt', '--lines', ...model]);
  t.is(lines.code, 1);
  t.regex(lines.stderr, /FILE_NOT_FOUND/);
  const image = await smug(['explain', 'examples/digits/3.png', ...model]);
  t.is(image.code, 1);
  for (const words of [
    ['predict', 'examples/digits/3.png'],
    ['attribute', 'review.txt'],
  ]) {
    const refused = await smug([...words, ...model]);
    t.is(refused.code, 1);
    t.regex(refused.stderr, /pass a text to smug explain/);
  }
});
