import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { explainImage } from '../../dist/index.js';
import { referenceShares, sizeRank, unusualSize } from '../../dist/explainers/reference-shares.js';
import { smug } from '../cli/smug.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { convolutionModel } from './models.js';

const digit = [
  'examples/digits/3.png',
  '--model',
  'builtin:mnist-cnn',
  '--top-k',
  '20',
  '--confirm',
  'never',
];

test('a percentile counts what is smaller, and half of what is equal', (t) => {
  t.is(sizeRank(0.2, [0.1, 0.2, 0.2, 0.3]).percentile, 50);
  t.is(sizeRank(0.05, [0.1, 0.2]).percentile, 0);
  t.is(sizeRank(0.9, [0.1, 0.2]).percentile, 100);
  t.is(unusualSize({ images: 100, percentile: 94.9 }), null);
  t.regex(unusualSize({ images: 100, percentile: 95 })!, /Unusually large: 95 % of the 100/);
});

test('the index of a batch and the table of an evaluation are references', async (t) => {
  const folder = temporaryFolder('reference');
  const batch = await smug([
    'batch',
    'examples/digits',
    ...digit.slice(1),
    '--files',
    'none',
    '--out',
    join(folder, 'batch'),
  ]);
  t.is(batch.code, 0);
  const index = join(folder, 'batch', 'index.jsonl');
  t.is((await referenceShares(index)).length, 10);
  const found = await smug(['explain', ...digit, '--reference', index, '--json']);
  const [{ reference, mask }] = JSON.parse(found.stdout).results;
  t.is(reference.images, 10);
  t.is(reference.percentile, sizeRank(mask.sparsity, await referenceShares(index)).percentile);
  const table = join(folder, 'table.json');
  await writeFile(
    table,
    JSON.stringify({
      rows: [
        { method: 'max-box', shares: [1] },
        { method: 'smug', shares: [0.001, 0.002] },
      ],
    }),
  );
  const large = await smug(['explain', ...digit, '--reference', table]);
  t.regex(large.stdout, /reference +larger than 100 % of 2 explanations/);
  t.regex(large.stdout, /Unusually large: 100 % of the 2 explanations of reference/);
});

test('files that are none are refused before any work', async (t) => {
  const folder = temporaryFolder('reference');
  const odd = join(folder, 'odd.json');
  for (const content of ['', '{}', '{"rows":[]}', '{"mask":{"sparsity":7}}', 'null', '[1']) {
    await writeFile(odd, content);
    await t.throwsAsync(
      referenceShares(odd),
      { code: 'BAD_INPUT', message: /expected the table\.json/ },
      content,
    );
  }
  await t.throwsAsync(referenceShares(join(folder, 'none')), { code: 'FILE_NOT_FOUND' });
  await t.throwsAsync(referenceShares([]), { message: /reference must be a file, or a list of shares/ });
  const image = { width: 9, height: 7, channels: 3 as const, data: new Uint8Array(189).fill(9) };
  const reference = join(folder, 'none');
  await t.throwsAsync(explainImage(convolutionModel(), image, { reference }), { code: 'FILE_NOT_FOUND' });
});
