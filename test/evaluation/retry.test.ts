// What failed stays failed when the same command goes on, as in a batch; with --retry it is taken up again.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Evaluated } from '../../dist/api/evaluation.js';
import { runEvaluation } from '../../dist/evaluation/run-evaluation.js';
import { digit, smug } from '../cli/smug.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Two pictures, the second of which is broken. */
function photos(): { folder: string; mend(): void } {
  const folder = temporaryFolder('retry');
  copyFileSync(digit(3), join(folder, '3.png'));
  const whole = readFileSync(digit(7));
  writeFileSync(join(folder, '7.png'), whole.subarray(0, whole.length / 2));
  return { folder, mend: () => writeFileSync(join(folder, '7.png'), whole) };
}

test('an image of an evaluation that was broken and is mended', async (t) => {
  const { folder, mend } = photos();
  const labels = join(folder, 'labels.tsv');
  writeFileSync(labels, 'file\tclass_index\n3.png\t3\n7.png\t7\n');
  const out = join(folder, 'out');
  const evaluate = async (...more: string[]) => {
    const words = ['evaluate', folder, '--model', 'builtin:mnist-fc', '--labels', labels, '--out', out];
    const ended = await smug([...words, '--methods', 'gradients,center-box', '--json', ...more]);
    const { correct, failed } = JSON.parse(ended.stdout) as { correct: number; failed: { file: string }[] };
    return { code: ended.code, correct, failed: failed.map(({ file }) => file), stderr: ended.stderr };
  };
  const lines = () => readFileSync(join(out, 'journal.jsonl'), 'utf8').trim().split('\n').length;
  const first = await evaluate();
  t.like(first, { code: 1, correct: 1, failed: ['7.png'] });
  t.regex(first.stderr, /BAD_IMAGE.*With --retry the same command takes them up again/);
  t.is(lines(), 3);
  // Still broken: it fails once more, and nothing else is done again.
  t.like(await evaluate('--retry'), { code: 1, correct: 1, failed: ['7.png'] });
  t.is(lines(), 4);
  mend();
  t.like(await evaluate(), { code: 1, correct: 1, failed: ['7.png'] });
  t.is(lines(), 4);
  t.like(await evaluate('--retry'), { code: 0, correct: 2, failed: [] });
  t.is(lines(), 5);
  t.like(await evaluate(), { code: 0, correct: 2, failed: [] });
  t.like(await evaluate('--retry'), { code: 0, correct: 2, failed: [] });
  t.is(lines(), 5);
});

test('an image of a sweep that was broken and is mended', async (t) => {
  const { folder, mend } = photos();
  const sweep = async (...more: string[]) => {
    const words = ['sweep', join(folder, '3.png'), join(folder, '7.png'), '--model', 'builtin:mnist-fc'];
    const over = ['--top-k', '10', '--gamma', '0.3', '--out', join(folder, 'out')];
    const { code, stdout } = await smug([...words, ...over, '--json', ...more]);
    const { results, failed } = JSON.parse(stdout) as Record<'results' | 'failed', unknown[]>;
    return [code, results.length, failed.length];
  };
  t.deepEqual(await sweep(), [1, 1, 1]);
  mend();
  t.deepEqual(await sweep(), [1, 1, 1]);
  t.deepEqual(await sweep('--retry'), [0, 2, 0]);
  t.deepEqual(await sweep(), [0, 2, 0]);
});

test('a wrong option where all failed before leaves the journal as it is', async (t) => {
  const journal = join(temporaryFolder('retry'), 'journal.jsonl');
  const run = (fails: Error, retry = false) =>
    runEvaluation<{ file: string }, Evaluated>(
      journal,
      { work: 1 },
      [{ file: 'a' }],
      () => Promise.reject(fails),
      { retry },
    );
  const [result] = await run(new Error('no'));
  t.is(result.error!.message, 'no');
  const before = readFileSync(journal, 'utf8');
  await t.throwsAsync(run(Object.assign(new RangeError('option'), { code: 'BAD_OPTION' }), true), {
    message: 'option',
  });
  t.is(readFileSync(journal, 'utf8'), before);
});
