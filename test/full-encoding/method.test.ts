// The full encoding beside the other methods: `smug evaluate --methods full-encoding`, rateImage.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { explainFullEncoding, loadModel, rateImage } from '../../dist/index.js';
import { usualImageMethodNames } from '../../dist/api/methods.js';
import { digit, projectRoot, smug } from '../cli/smug.js';
import { temporaryFolder } from '../support/temporary-folder.js';

test('rateImage gives the mask of explainFullEncoding; other blanks and classes are refused by name', async (t) => {
  const model = await loadModel('builtin:mnist-fc');
  const options = { delta: 0.25 };
  const { mask } = await explainFullEncoding(model, digit(2), options);
  const { kept, scores } = await rateImage(model, digit(2), 'full-encoding', options);
  t.deepEqual([...kept!], mask!.cells);
  t.deepEqual([...scores], mask!.cells);
  await t.throwsAsync(rateImage(model, digit(2), 'full-encoding', { blank: 'mean' }), {
    message: /blank must be zero/,
  });
  await t.throwsAsync(rateImage(model, digit(2), 'full-encoding', { target: 7 }), {
    message: /target must be 2/,
  });
  model.dispose();
});

test('smug evaluate has it where it is named, and names what it cannot take', async (t) => {
  t.false((usualImageMethodNames as readonly string[]).includes('full-encoding'));
  const home = temporaryFolder('full-encoding');
  const labels = join(home, 'labels.tsv');
  writeFileSync(labels, 'file\tclass_index\n1.png\t1\n3.png\t3\n');
  const evaluate = (model: string, out: string) =>
    smug([
      ...['evaluate', join(projectRoot, 'examples', 'digits'), '--model', model, '--labels', labels],
      ...['--methods', 'full-encoding', '--delta', '0', '--out', join(home, out)],
    ]);
  t.is((await evaluate('builtin:mnist-fc', 'fc')).code, 0);
  const { correct, rows } = JSON.parse(readFileSync(join(home, 'fc', 'table.json'), 'utf8'));
  t.is(correct, 2);
  t.is(rows[0].method, 'full-encoding');
  t.true(rows[0].sparsity > 0 && rows[0].sparsity < 0.01);
  const refused = await evaluate('builtin:mnist-cnn', 'cnn');
  t.is(refused.code, 1);
  t.regex(refused.stderr, /1\.png: UNSUPPORTED_MODEL: The full encoding takes networks of up to 1,000,000/);
});

test('smug explain --method full-encoding says how small the mask is proven to be, with --delta too', async (t) => {
  const words = [
    'explain',
    'examples/digits/3.png',
    '--model',
    'builtin:mnist-fc',
    '--method',
    'full-encoding',
  ];
  const { code, stdout } = await smug([...words, '--json']);
  t.is(code, 0);
  const [{ certificate, margin, kept }] = JSON.parse(stdout).results;
  t.deepEqual([certificate.status, certificate.lowerBound], ['optimal', kept.pixels]);
  t.true(margin > 0);
  const wider = await smug([...words, '--delta', '0.3', '--json']);
  const [led] = JSON.parse(wider.stdout).results;
  t.true(led.margin > 0.3 && led.kept.pixels >= kept.pixels);
  const told = await smug(words);
  t.regex(told.stdout, /from \d pixels? alone the whole network reads the class, .* no fewer do: proven/);
});

test('a lead that an image cannot have is its own trouble: the others of an evaluation go on', async (t) => {
  const home = temporaryFolder('lead');
  writeFileSync(join(home, 'labels.tsv'), 'file\tclass_index\n3.png\t3\n0.png\t0\n');
  const { code, stdout } = await smug([
    ...['evaluate', 'examples/digits', '--model', 'builtin:mnist-fc', '--labels', join(home, 'labels.tsv')],
    ...['--methods', 'full-encoding', '--delta', '1e6', '--out', join(home, 'out'), '--json'],
  ]);
  t.is(code, 1);
  const { failed } = JSON.parse(stdout);
  t.deepEqual(
    failed.map(({ file, code }: { file: string; code: string }) => [file, code]),
    [
      ['3.png', 'BAD_INPUT'],
      ['0.png', 'BAD_INPUT'],
    ],
  );
});
