import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { temporaryFolder } from '../support/temporary-folder.js';
import { digit, smug } from './smug.js';

const folder = () => temporaryFolder('cli');
const cnn = ['--model', 'builtin:mnist-cnn'];

test('bad usage ends with status 2 and one clear line, whatever else is right', async (t) => {
  for (const [words, pattern] of [
    [[], /COMMAND/],
    [['explode'], /unknown command 'explode'/],
    [['explain', ...cnn], /INPUT is missing/],
    [['explain', digit(1)], /--model is required/],
    [['explain', digit(1), ...cnn, '--gama', '1'], /gama/],
    [['explain', digit(1), ...cnn, '--gamma', '1'], /gamma must be/],
    [
      ['explain', digit(1), ...cnn, '--gamma', 'high'],
      /--gamma must be a number from 0 up to, but not including, 1; got 'high'/,
    ],
    [
      ['explain', digit(1), ...cnn, '--top-k', '0'],
      /--top-k must be a whole number of at least 1 or 'auto'; got 0/,
    ],
    [['explain', digit(1), ...cnn, '--window', '2.5'], /--window must be/],
    [['explain', digit(1), ...cnn, '--engine', 'gpu'], /--engine must be one of auto, cuda/],
    [['explain', digit(1), ...cnn, '--attribution', 'magic'], /--attribution must be one of/],
    [['solve', 'a.json', 'b.json'], /one INPUT is expected/],
    [['predict', digit(1), ...cnn, '--top', '0'], /--top/],
    [['doctor', 'now'], /unexpected 'now'/],
  ] as const) {
    const { code, stdout, stderr } = await smug([...words]);
    t.is(code, 2, words.join(' '));
    t.regex(words.length === 0 ? stdout : stderr, pattern);
  }
});

test('with --json every error is one line of JSON on stderr', async (t) => {
  for (const [words, status, code] of [
    [['explode', '--json'], 2, 'USAGE'],
    [['explain', '--json'], 2, 'USAGE'],
    [['explain', digit(1), ...cnn, '--gama', '1', '--json'], 2, 'USAGE'],
    [['explain', digit(1), ...cnn, '--gamma', '7', '--json'], 2, 'BAD_OPTION'],
    [['explain', digit(1), '--model', 'none.onnx', '--json'], 1, 'FILE_NOT_FOUND'],
    [['solve', 'gone.json', '--json'], 1, 'FILE_NOT_FOUND'],
    [['verify', 'gone.json', '--json'], 1, 'FILE_NOT_FOUND'],
  ] as const) {
    const { code: exit, stdout, stderr } = await smug([...words]);
    t.deepEqual([exit, stdout], [status, ''], words.join(' '));
    t.is(stderr.trim().split('\n').length, 1, stderr);
    t.is(JSON.parse(stderr).error.code, code);
  }
});

test('a bad environment variable is bad usage and is named', async (t) => {
  const words = ['explain', digit(1), ...cnn];
  for (const [name, value, command] of [
    ['SMUG_ENGINE', 'gpu', words],
    ['SMUG_SOLVER', 'z3', words],
    ['SMUG_THREADS', '-1', words],
    ['SMUG_SOLVER', 'z3', ['verify', 'any.json']],
    ['SMUG_ENGINE', 'gpu', ['doctor']],
  ] as const) {
    const { code, stdout, stderr } = await smug([...command], { env: { [name]: value } });
    t.deepEqual([code, stdout], [2, ''], name);
    t.regex(stderr, new RegExp(`${name} must be .*; got '?${value}`));
  }
});

test('memory and precision reach the engine, and one that lacks them says so', async (t) => {
  const words = ['predict', digit(1), ...cnn, '--engine', 'reference', '--json'];
  t.is((await smug([...words, '--precision', 'f32', '--memory-budget', '100000000'])).code, 0);
  const { code, stderr } = await smug([...words, '--precision', 'bf16']);
  t.is(code, 2);
  t.regex(stderr, /bf16/);
});

test('what cannot be done ends with status 1 and names the cause', async (t) => {
  for (const [words, pattern] of [
    [['explain', digit(1), '--model', 'nowhere.onnx'], /FILE_NOT_FOUND.*nowhere\.onnx/],
    [['explain', digit(1), '--model', 'builtin:none'], /FILE_NOT_FOUND.*builtin:mnist-cnn/],
    [['explain', digit(1), ...cnn, '--target', 'cat'], /UNKNOWN_CLASS.*'cat'/],
    [['explain', digit(1), ...cnn, '--target', '10'], /UNKNOWN_CLASS.*0 to 9/],
    [['explain', digit(1), ...cnn, '--top-k', '1000000'], /--top-k must be at most 12544/],
    [['explain', digit(1), ...cnn, '--window', '29'], /window must be/],
    [['explain', digit(1), ...cnn, '--engine', 'cuda'], /ENGINE_UNAVAILABLE/],
    [['explain', digit(1), ...cnn, '--preprocess', 'none.json'], /none\.json/],
    [['solve', 'gone.json'], /FILE_NOT_FOUND.*gone\.json/],
  ] as const) {
    const { code, stdout, stderr } = await smug([...words, '--json']);
    t.is(code, 1, words.join(' '));
    t.regex(stderr, pattern);
    t.is(stderr.trim().split('\n').length, 1, stderr);
    if (stdout !== '') t.truthy(JSON.parse(stdout).results[0].error.code);
  }
});

test('a folder that cannot be written is told before the work', async (t) => {
  const home = folder();
  const file = join(home, 'a file');
  writeFileSync(file, '');
  const { code, stderr } = await smug(['explain', digit(1), ...cnn, '--out', join(file, 'out')]);
  t.is(code, 1);
  t.regex(stderr, /FILE_UNWRITABLE/);
  if (process.getuid?.() !== 0) {
    const locked = join(home, 'locked');
    mkdirSync(locked);
    chmodSync(locked, 0o500);
    t.is((await smug(['explain', digit(1), ...cnn, '--out', locked])).code, 1);
  }
});

test('forced parts that cannot run are errors with the commands that mend them', async (t) => {
  const env = { SMUG_NATIVE: '0' };
  const engine = await smug(['explain', digit(1), ...cnn, '--engine', 'cpu'], { env });
  t.is(engine.code, 1);
  t.regex(engine.stderr, /ENGINE_UNAVAILABLE[\s\S]*Unset SMUG_NATIVE, or use --engine tfjs/);
  const solver = await smug(['explain', digit(1), ...cnn, '--solver', 'native', '--json'], { env });
  t.is(solver.code, 1);
  t.regex(solver.stderr, /SOLVER_UNAVAILABLE.*Unset SMUG_NATIVE, or ask for .--solver wasm/);
});

test('help for every command; version', async (t) => {
  for (const name of ['explain', 'solve', 'attribute', 'predict', 'verify', 'doctor']) {
    const { code, stdout } = await smug([name, '--help']);
    t.is(code, 0);
    t.true(stdout.startsWith(`smug ${name}`) && stdout.includes('--json'));
    t.regex(stdout, new RegExp(`Example:\n  smug ${name} [^\n]+\n$`));
    t.is((await smug([name, '-h'])).stdout, stdout);
  }
  t.is((await smug(['-h'])).code, 0);
  t.regex((await smug(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/);
});
