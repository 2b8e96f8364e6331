// `smug batch` as a person or an engine runs it: killed, cut into shards, on a full disk, with bad images among good ones.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digit, smug } from '../cli/smug.js';
import {
  batchOf,
  filesBelow,
  home,
  index,
  jsonLines,
  limitsFiles,
  pictures,
  runAndKill,
  withShortFiles,
} from './batch-runs.js';
import { solverAddon, testWith } from '../support/needs.js';

// What is done with many images is the same without the addon, where every proof takes ten times as long: minutes here.
const test = testWith(solverAddon);

const indexFiles = ['index.jsonl', 'index.parquet', 'summary.json'];

test('a batch has one index in the order of its inputs, the chosen files, and a summary', async (t) => {
  const folder = home();
  const photos = pictures(folder, 5);
  const out = join(folder, 'out');
  const { code, stdout, stderr } = await smug(batchOf([photos], out, ['--files', 'json,overlay', '--json']));
  t.is(code, 0, stderr);
  const summary = JSON.parse(stdout);
  t.like(summary, { images: 5, proven: 5, notProven: 0, failed: 0, reasons: [] });
  t.deepEqual(JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')), summary);
  const names = ['a/000.png', 'a/002.png', 'a/004.png', 'b/001.png', 'b/003.png'];
  t.deepEqual(
    index(out).map(({ name }) => name),
    names,
  );
  const files = names.flatMap((name) => [`images/${name}.json`, `images/${name}.overlay.png`]);
  t.deepEqual(filesBelow(out), [...files, ...indexFiles, 'journal.jsonl'].sort());
  for (const { name, files, mask } of index(out) as any[]) {
    t.deepEqual(files, [`images/${name}.overlay.png`, `images/${name}.json`]);
    const document = JSON.parse(readFileSync(join(out, files[1]), 'utf8'));
    t.is(
      document.mask.cells.reduce((sum: number, cell: number) => sum + cell),
      mask.size,
    );
  }
});

test('each image comes out as `smug explain` has it', async (t) => {
  const folder = home();
  const out = join(folder, 'out');
  await smug(batchOf([digit(3), digit(7)], out));
  const alone = await smug([
    'explain',
    digit(3),
    digit(7),
    '--model',
    'builtin:mnist-fc',
    '--gamma',
    '0.3',
    '--json',
  ]);
  for (const [at, { timing: _t, files: _f, ...expected }] of JSON.parse(alone.stdout).results.entries()) {
    const {
      timing: _,
      files: _g,
      ...document
    } = JSON.parse(readFileSync(join(out, 'images', `${[3, 7][at]}.png.json`), 'utf8'));
    // Milliseconds of the solver.
    delete expected.certificate.report;
    delete document.certificate.report;
    t.deepEqual(document, expected);
  }
  const { code } = await smug(['verify', join(out, 'images', '3.png.certificate.json')]);
  t.is(code, 0);
});

test('killed with -9 again and again, a batch ends with the index of an undisturbed one, every image done once', async (t) => {
  t.timeout(180_000);
  const folder = home();
  const photos = pictures(folder, 40);
  const [whole, killed] = [join(folder, 'whole'), join(folder, 'killed')];
  const undisturbed = await smug(batchOf([photos], whole));
  t.is(undisturbed.code, 0, undisturbed.stderr);
  const journal = join(killed, 'journal.jsonl');
  let kills = 0;
  for (let at = 0; at < 8; at++) {
    const before = jsonLines(journal).length;
    if (await runAndKill(batchOf([photos], killed), journal, before + 1, Math.random() * 200)) kills++;
    const after = jsonLines(journal);
    t.true(after.length >= before, 'nothing finished is lost');
    if (after.length > 40) break;
  }
  // Or the test has shown nothing.
  t.true(kills >= 3, `${kills} kills`);
  const last = await smug(batchOf([photos], killed));
  t.is(last.code, 0, last.stderr);
  t.deepEqual(index(killed), index(whole));
  t.is(index(killed).length, 40);
  const [, ...lines] = jsonLines(journal);
  t.is(lines.length, 40);
  t.is(new Set(lines.map(({ name }) => name)).size, 40);
  t.deepEqual(filesBelow(killed), filesBelow(whole));
  for (const file of filesBelow(whole).filter((file) => /overlay/.test(file)))
    t.deepEqual(readFileSync(join(killed, file)), readFileSync(join(whole, file)), file);
});

test('four shards, merged, give the index and the summary of one run; in one folder or in four', async (t) => {
  t.timeout(180_000);
  const folder = home();
  const photos = pictures(folder, 10);
  writeFileSync(join(photos, 'a', '999.png'), 'no picture');
  const at = (name: string) => join(folder, name);
  const whole = await smug(batchOf([photos], at('whole')));
  t.is(whole.code, 1);
  const shards: string[] = [];
  for (const [i, env] of [
    { JOB_COMPLETION_INDEX: '0', JOB_COMPLETIONS: '4' },
    {
      SLURM_ARRAY_TASK_ID: '2',
      SLURM_ARRAY_TASK_MIN: '1',
      SLURM_ARRAY_TASK_MAX: '4',
      SLURM_ARRAY_TASK_COUNT: '4',
    },
  ].entries()) {
    await smug(batchOf([photos], at('one')), { env: env as unknown as Record<string, string> });
    t.true(existsSync(join(at('one'), 'shards', `${i + 1}-of-4`, 'index.jsonl')));
  }
  const early = await smug(['batch', 'merge', at('one')]);
  t.is(early.code, 1);
  t.regex(early.stderr, /missing of 4 shards: 3, 4/);
  for (const i of [3, 4]) await smug(batchOf([photos], at('one'), ['--shard', `${i}/4`]));
  for (const i of [1, 2, 3, 4]) {
    await smug(batchOf([photos], at(`machine-${i}`), ['--shard', `${i}/4`]));
    shards.push(at(`machine-${i}`));
  }
  const one = await smug(['batch', 'merge', at('one'), '--json']);
  t.is(one.code, 1);
  t.like(JSON.parse(one.stdout), { images: 11, proven: 10, failed: 1, reasons: [{ code: 'BAD_IMAGE' }] });
  t.deepEqual(index(at('one')), index(at('whole')));
  const four = await smug(['batch', 'merge', ...shards.reverse(), '--out', at('four'), '--json']);
  t.is(four.code, 1);
  const { index: _, ...counts } = JSON.parse(one.stdout);
  t.like(JSON.parse(four.stdout), counts);
  const files = (line: any): string[] => line.files ?? [];
  for (const line of index(at('four')))
    for (const file of files(line)) t.true(existsSync(join(at('four'), file)), file);
  const withoutFiles = (line: Record<string, unknown>) => ({ ...line, files: undefined });
  t.deepEqual(index(at('four')).map(withoutFiles), index(at('whole')).map(withoutFiles));
  const twice = await smug(['batch', 'merge', shards[0], shards[0], '--out', at('twice')]);
  t.regex(twice.stderr, /shard 4 is there twice.*missing of 4 shards: 1, 2, 3/);
  // Another list has other shards: what is finished of this one is not mixed with them.
  pictures(folder, 12);
  const grown = await smug(batchOf([photos], at('one'), ['--shard', '1/4']));
  t.is(grown.code, 1);
  t.regex(grown.stderr, /belongs to other work/);
});

test('images that fail are named with their reason, stop nothing, and are taken up again on demand', async (t) => {
  const folder = home();
  const photos = pictures(folder, 3);
  const bad = join(photos, 'a', 'bad.png');
  writeFileSync(bad, 'no picture');
  const out = join(folder, 'out');
  const inputs = [photos, join(photos, 'gone.png')];
  const first = await smug(batchOf(inputs, out));
  t.is(first.code, 1);
  t.regex(first.stdout, /5 images\n  proven +3\n  not proven +0\n  failed +2\n/);
  t.regex(first.stdout, /BAD_IMAGE: 1, .*bad\.png is not an image/);
  t.regex(first.stdout, /FILE_NOT_FOUND: 1, .*gone\.png/);
  t.regex(first.stderr, /2 of 5 images failed/);
  const json = await smug(batchOf(inputs, out, ['--json']));
  t.is(json.code, 1);
  writeFileSync(bad, readFileSync(digit(1)));
  t.like(JSON.parse((await smug(batchOf(inputs, out, ['--json']))).stdout), { proven: 3, failed: 2 });
  const again = await smug(batchOf(inputs, out, ['--json', '--retry']));
  t.like(JSON.parse(again.stdout), { proven: 4, failed: 1 });
  t.like(JSON.parse((await smug(batchOf(inputs, out, ['--json']))).stdout), { proven: 4, failed: 1 });
  const other = await smug(batchOf(inputs, out, ['--top-k', '20']));
  t.is(other.code, 1);
  t.regex(other.stderr, /belongs to other work/);
});

test('what time does not suffice for is not proven, and no failure', async (t) => {
  const out = join(home(), 'out');
  const words = [
    'batch',
    digit(8),
    '--model',
    'builtin:mnist-cnn',
    '--gamma',
    '0.7',
    '--time-limit',
    '0.001',
  ];
  const { code, stdout, stderr } = await smug([...words, '--out', out, '--json']);
  t.is(code, 0, stderr);
  t.like(JSON.parse(stdout), { images: 1, proven: 0, notProven: 1, failed: 0 });
});

testWith(solverAddon, { missing: limitsFiles ? null : 'no bash that limits files', required: false })(
  'a disk that fills ends a batch clearly, and it goes on when there is room',
  async (t) => {
    const folder = home();
    const photos = pictures(folder, 12);
    const [whole, full] = [join(folder, 'whole'), join(folder, 'full')];
    await smug(batchOf([photos], whole, ['--files', 'none']));
    const words = batchOf([photos], full, ['--files', 'none']);
    const ended = spawnSync('bash', withShortFiles(8, words), { encoding: 'utf8' });
    t.is(ended.status, 1, ended.stderr);
    t.regex(
      ended.stderr,
      /FILE_UNWRITABLE: .*journal\.jsonl cannot be written: EFBIG.* \d+ of 12 images are done and kept/,
    );
    t.false(existsSync(join(full, 'index.jsonl')));
    const kept = jsonLines(join(full, 'journal.jsonl')).length - 1;
    t.true(kept > 0 && kept < 12, `${kept} kept`);
    const last = await smug(words);
    t.is(last.code, 0, last.stderr);
    t.deepEqual(index(full), index(whole));
    t.is(jsonLines(join(full, 'journal.jsonl')).length, 13);
  },
);

test('what cannot be written under the files of an image ends a batch at once, and it goes on afterwards', async (t) => {
  const folder = home();
  const photos = pictures(folder, 4);
  const out = join(folder, 'out');
  // A file where a folder has to be.
  mkdirSync(join(out, 'images'), { recursive: true });
  writeFileSync(join(out, 'images', 'b'), '');
  const blocked = await smug(batchOf([photos], out, ['--jobs', '1']));
  t.is(blocked.code, 1);
  t.regex(
    blocked.stderr,
    /FILE_UNWRITABLE: .*b.001\.png cannot be written.* 2 of 4 images are done and kept/,
  );
  rmSync(join(out, 'images', 'b'));
  t.is((await smug(batchOf([photos], out))).code, 0);
  t.is(index(out).length, 4);
});

test('Ctrl-C keeps what is finished, and nothing of what was cut off', async (t) => {
  const folder = home();
  const photos = pictures(folder, 60);
  const out = join(folder, 'out');
  const interrupt = { when: /gone\.png: FILE_NOT_FOUND/ };
  // The first image fails at once and says so: then the others are under way.
  const words = batchOf([join(photos, 'gone.png'), photos], out);
  const { code, stderr } = await smug(words, { interrupt });
  t.is(code, 1);
  t.regex(
    stderr,
    /ABORTED: Stopped\. \d+ of 61 images are done and kept; the same command goes on from there/,
  );
  t.false(existsSync(join(out, 'index.jsonl')));
  await smug(words);
  const whole = join(folder, 'whole');
  await smug(batchOf([join(photos, 'gone.png'), photos], whole));
  t.deepEqual(index(out), index(whole));
});

test('bad usage of batch and merge', async (t) => {
  for (const [words, pattern, env] of [
    [['batch', digit(1), '--out', 'x'], /--model is required/],
    [['batch', digit(1), '--model', 'builtin:mnist-fc'], /--out is required/],
    [batchOf([digit(1)], 'x', ['--shard', '0/4']), /--shard must be i\/n with i from 1 to n/],
    [batchOf([digit(1)], 'x', ['--shards', '4']), /--shards must be given with --shard/],
    [batchOf([digit(1)], 'x', ['--files', 'json,jpeg']), /--files must be some of json, certificate/],
    [
      batchOf([digit(1)], 'x'),
      /JOB_COMPLETION_INDEX must be given with the number/,
      { JOB_COMPLETION_INDEX: '1' },
    ],
    [['batch', 'merge'], /merge needs the folder/],
    [['batch', 'merge', 'a', 'b'], /--out is required/],
    [['batch', 'merge', 'a', '--gamma', '0.5'], /merge takes no options/],
  ] as [string[], RegExp, Record<string, string>?][]) {
    const { code, stderr } = await smug(words, { env, cwd: home() });
    t.is(code, 2, words.join(' '));
    t.regex(stderr, pattern);
  }
});
