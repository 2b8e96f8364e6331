// What a new user met (findings of November 2026, part B), by their numbers there.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { digit, projectRoot, smug } from './smug.js';
import { testWith } from '../support/needs.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const folder = () => temporaryFolder('first');
const quick = ['--model', 'builtin:mnist-fc', '--gamma', '0.3'];
const onLinux = testWith({
  missing: process.platform === 'linux' ? null : 'this is not Linux',
  required: false,
});

test('B5: Ctrl-C during the solving of one image is no success; its files are complete, the certificate among them', async (t) => {
  const out = folder();
  const words = ['explain', digit(0), '--model', 'builtin:mnist-cnn', '--time-limit', '0'];
  const { code, stderr } = await smug([...words, '--out', out], {
    interrupt: { when: /solving, between [1-9]/ },
    seconds: 90,
  });
  t.is(code, 1, stderr);
  if (existsSync(join(out, '0.json'))) {
    const { certificate, mask } = JSON.parse(readFileSync(join(out, '0.json'), 'utf8'));
    t.is(certificate.status, 'feasible');
    t.true(mask.size < mask.cells.length);
    const checked = await smug(['verify', join(out, '0.certificate.json'), '--json']);
    t.not(JSON.parse(checked.stdout).verdict, 'refused');
  } else t.regex(stderr, /ABORTED/);
});

onLinux('B9: a full disk behind stdout is one line, with and without --json', async (t) => {
  for (const json of [false, true]) {
    const words = ['explain', digit(3), ...quick, ...(json ? ['--json'] : [])];
    const child = spawn(process.execPath, [join(projectRoot, 'dist', 'cli.js'), ...words], {
      stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
    });
    let stderr = '';
    child.stderr!.on('data', (chunk) => (stderr += chunk));
    t.is(await new Promise((resolve) => child.on('close', resolve)), 1);
    t.is(stderr.trim().split('\n').length, 1, stderr);
    t.regex(stderr, /FILE_UNWRITABLE.*ENOSPC/);
    if (json) t.is(JSON.parse(stderr).error.code, 'FILE_UNWRITABLE');
  }
});

onLinux('B9: --out below a pseudo file system ends with an error, at once', async (t) => {
  const { code, stderr } = await smug(['explain', digit(3), ...quick, '--out', '/proc/a/b'], { seconds: 20 });
  t.is(code, 1);
  t.regex(stderr, /FILE_UNWRITABLE.*\/proc\/a\/b/);
});

test('B9: a folder within folders that are not there is made', async (t) => {
  const out = join(folder(), 'a', 'b');
  t.is((await smug(['explain', digit(3), ...quick, '--out', out])).code, 0);
  t.true(existsSync(join(out, '3.json')));
});

test('B10: an empty folder is told from an image', async (t) => {
  const empty = join(folder(), 'none');
  mkdirSync(empty);
  const { code, stderr } = await smug(['explain', empty, ...quick]);
  t.is(code, 1);
  t.regex(stderr, /is a folder without images/);
});

test('B10: the class that was read stands beside the one asked for; the core counts what no mask keeps', async (t) => {
  const words = ['explain', digit(3), ...quick, '--target', '7', '--core'];
  const { stdout } = await smug(words);
  t.regex(stdout, /reads this picture as 3 \([\d.]+ %\); the question is what speaks for 7 \([\d.]+ %\)/);
  t.regex(stdout, /in every smallest mask, \d+ in some, \d+ in none/);
  const [{ target }] = JSON.parse((await smug([...words, '--json'])).stdout).results;
  t.is(target.label, '7');
  t.like(target.predicted, { index: 3, label: '3' });
  t.true(target.predicted.confidence > target.confidence);
});

test('B11: the demo builds what it runs, not what only tests load', (t) => {
  const { scripts } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
  t.regex(scripts.demo, /^npm run setup -- --no-tests && /);
  t.regex(scripts.test, /^npm run setup && /);
});
