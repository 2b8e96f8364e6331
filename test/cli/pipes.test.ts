import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { temporaryFolder } from '../support/temporary-folder.js';
import { digit, projectRoot, smug } from './smug.js';

const cnn = ['--model', 'builtin:mnist-cnn', '--gamma', '0.6'];

test('a reader that closes the pipe early ends the command quietly', async (t) => {
  const path = join(temporaryFolder('pipe'), 'problem.json');
  writeFileSync(path, JSON.stringify({ variables: 200_000, rows: [] }));
  const child = spawn(process.execPath, [join(projectRoot, 'dist', 'cli.js'), 'solve', path, '--json']);
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const code = await new Promise((resolve) => child.on('close', resolve));
  t.is(stderr, '');
  t.is(code, 0);
});

test('an empty folder is a failed input among others; the others are done', async (t) => {
  const empty = join(temporaryFolder('empty'), 'none');
  mkdirSync(empty);
  const { code, stdout } = await smug(['explain', empty, digit(6), ...cnn, '--json']);
  t.is(code, 1);
  const { results } = JSON.parse(stdout);
  t.is(results[0].error.code, 'BAD_IMAGE');
  t.true(results[0].error.message.includes(empty));
  t.is(results[1].target.label, '6');
});

test('files that cannot be written fail the input, but its result is kept', async (t) => {
  const out = temporaryFolder('out');
  // A folder stands where the overlay should go.
  mkdirSync(join(out, '6.overlay.png'));
  const { code, stdout, stderr } = await smug(['explain', digit(6), ...cnn, '--out', out, '--json']);
  t.is(code, 1);
  const [result] = JSON.parse(stdout).results;
  t.is(result.error.code, 'FILE_UNWRITABLE');
  t.is(result.target.label, '6');
  t.is(result.certificate.status, 'optimal');
  t.regex(stderr, /FILE_UNWRITABLE.*6\.overlay\.png/);
});
