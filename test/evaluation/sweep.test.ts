// Sweeps over top-k, gamma and window: what they share, and what a kill leaves.
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { TopKStability } from '../../dist/attribution/stability.js';
import { settingsFor } from '../../dist/api/options.js';
import { sweptSettings } from '../../dist/evaluation/sweep.js';
import { sweepCsv, sweepDocument, sweepMarkdown } from '../../dist/evaluation/sweep-table.js';
import { explainImage, explainMaskedUnderEach } from '../../dist/explainers/explain-image.js';
import { explainImage as explain, loadModel, rateImage, type ExplainProgress } from '../../dist/index.js';
import { readModelImage } from '../../dist/model/model-image.js';
import { check } from '../cli/printed-documents.js';
import { projectRoot, smug } from '../cli/smug.js';
import { determined } from '../support/determined.js';
import { journalEntries } from '../support/journal-entries.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const digits = join(projectRoot, 'examples', 'digits');
const folder = () => temporaryFolder('sweep');

/** A sweep without what a clock decides. */
const settled = (path: string) =>
  JSON.stringify(JSON.parse(readFileSync(path, 'utf8')), (key, value) => (/seconds$/i.test(key) ? 0 : value));

test('under several settings an image is explained as under each alone, with one attribution', async (t) => {
  const model = await loadModel('builtin:mnist-fc');
  const image = join(digits, '4.png');
  const grid = sweptSettings({ topK: [8, 32], gamma: [0.2, 0.5], window: [1, 2] });
  t.is(grid.length, 8);
  t.deepEqual(grid[1], { topK: 8, gamma: 0.2, window: 2 });
  let points = 0;
  const onProgress = (progress: ExplainProgress) => {
    if (progress.phase === 'attribution') points += progress.steps ?? 0;
  };
  // A fixed rule: otherwise the attribution is refined for every top-k, and not for one.
  const fixed = { steps: 20, evidence: 'activation' as const };
  const common = settingsFor(['explain', 'image', 'hide'], { ...fixed, onProgress });
  const read = await readModelImage(model, image, common);
  const each = grid.map((one) => ({ ...common, ...one }));
  let at = 0;
  for await (const { explained } of explainMaskedUnderEach(model, read, each)) {
    const alone = await explainImage(model, image, { ...fixed, ...grid[at++] });
    t.deepEqual(explained.mask.cells, alone.mask.cells);
    t.deepEqual(explained.certificate.lowerBound, alone.certificate.lowerBound);
    t.deepEqual(explained.scores, alone.scores);
    t.deepEqual(explained.saliency, alone.saliency);
    t.deepEqual(explained.parameters, alone.parameters);
  }
  t.is(at, grid.length);
  t.is(points, 20);
  model.dispose();
});

test('the stability of several numbers of nodes is the least of each', (t) => {
  const before = Float32Array.of(9, 8, 7, 6, 1);
  const after = Float32Array.of(9, 8, 6, 5, 7);
  const estimate = (k: number | readonly number[]) => {
    const stability = new TopKStability(k);
    t.is(stability.take(before, 0), null);
    return stability.take(after, 0);
  };
  t.is(estimate(2), 1);
  // Two of three stay, and what changed is taken for what is left to change.
  t.is(estimate(3), 1 - (1 - 2 / 3));
  t.is(estimate([2, 3]), estimate(3));
});

test('a sweep says of every image and setting what the methods themselves say', async (t) => {
  t.timeout(120_000);
  const home = folder();
  const named = join(home, 'a "4", twice.png');
  copyFileSync(join(digits, '4.png'), named);
  const out = join(home, 'out');
  const words = ['--model', 'builtin:mnist-fc', '--top-k', '8,32', '--gamma', '0.3,0.5', '--steps', '20'];
  const { code, stdout, stderr } = await smug(['sweep', named, named, ...words, '--out', out, '--json']);
  t.is(code, 0, stderr);
  const document = JSON.parse(stdout);
  check('sweep', document);
  for (const entry of journalEntries(out)) check('swept-image', entry);
  t.is(document.images, 1);
  t.deepEqual(JSON.parse(readFileSync(join(out, 'sweep.json'), 'utf8')), document);
  const model = await loadModel('builtin:mnist-fc');
  for (const one of document.results[0].settings) {
    const options = { topK: one.topK, gamma: one.gamma, steps: 20 };
    const alone = await explain(model, named, options);
    t.is(one.size, alone.mask.size);
    t.is(one.sparsity, alone.mask.sparsity);
    t.is(one.lowerBound, alone.certificate.lowerBound);
    t.is(one.status, alone.certificate.status);
    t.is(one.classKept, alone.sufficiency.classKept);
    const rated = await rateImage(model, named, 'smug', options);
    t.is(
      rated.kept!.reduce((sum, kept) => sum + kept, 0),
      one.size,
    );
  }
  model.dispose();
  const csv = readFileSync(join(out, 'sweep.csv'), 'utf8').split('\n');
  t.is(csv.length, 1 + 4 + 1);
  t.true(csv[1].startsWith(`"${named.replaceAll('"', '""')}",8,0.3,auto,`));
  t.regex(readFileSync(join(out, 'sweep.md'), 'utf8'), /Means over 1 of 1 images/);
});

test('nothing but failures is a table of blanks', (t) => {
  const failed = [{ file: 'x', correct: false, error: { code: 'BAD_IMAGE', message: 'no' } }];
  const document = sweepDocument('m', failed, sweptSettings({ topK: [1], gamma: [0], window: ['auto'] }));
  check('sweep', JSON.parse(JSON.stringify(document)));
  t.regex(sweepMarkdown(document), /\| 1 \| 0 \| auto \|  \|  \|/);
  t.is(sweepCsv(document).split('\n').length, 2);
});

test('killed again and again, a sweep ends with the document of an undisturbed one', async (t) => {
  t.timeout(180_000);
  const home = folder();
  const words = (out: string) => [
    ...['sweep', digits, join(home, 'gone.png'), '--model', 'builtin:mnist-fc', '--top-k', '8'],
    ...['--gamma', '0.3,0.5', '--window', '4', ...determined, '--out', join(home, out)],
  ];
  const whole = await smug(words('whole'));
  t.is(whole.code, 1, whole.stderr);
  t.regex(whole.stderr, /gone.png: FILE_NOT_FOUND[^]*1 of 11 inputs failed/);
  const cli = join(projectRoot, 'dist', 'cli.js');
  for (let kill = 0; kill < 4; kill++) {
    await new Promise<void>((resolve) => {
      const child = spawn(process.execPath, [cli, ...words('killed')], { stdio: 'ignore' });
      const timer = setTimeout(() => child.kill('SIGKILL'), 500 + 200 * kill);
      child.on('close', () => (clearTimeout(timer), resolve()));
    });
  }
  const last = await smug(words('killed'));
  t.is(last.code, 1, last.stderr);
  t.is(settled(join(home, 'killed', 'sweep.json')), settled(join(home, 'whole', 'sweep.json')));
  const other = await smug([...words('killed'), '--time-limit', '7']);
  t.regex(other.stderr, /belongs to other work/);
});

test('a grid that cannot be is refused with the value', async (t) => {
  const out = folder();
  const words = ['sweep', join(digits, '4.png'), '--model', 'builtin:mnist-fc', '--out', out];
  const refused = async (flag: string, value: string, message: RegExp) => {
    const { code, stderr } = await smug([...words, flag, value]);
    t.is(code, 2);
    t.regex(stderr, message);
  };
  await refused('--gamma', '0,2', /--gamma must be .*; got 2/);
  await refused('--top-k', '8,33', /--top-k must be at most 32/);
  // Nothing was begun, so the folder is free for a grid that can be.
  t.false(existsSync(join(out, 'journal.jsonl')));
  await refused('--window', ',', /--window must be one value or several/);
});
