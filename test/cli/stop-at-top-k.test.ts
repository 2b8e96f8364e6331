// --stop top-k: an attribution that goes on until the chosen nodes are settled, and no longer.
import test from 'ava';
import { checkPrinted } from './printed-documents.js';
import { digit, smug } from './smug.js';

const words = ['explain', digit(3), '--model', 'builtin:mnist-cnn', '--gamma', '0.5', '--top-k', '50'];

test('the result states what was asked for, and what was reached', async (t) => {
  const printed = await smug([...words, '--stop', 'top-k', '--tolerance', '1e-9', '--strict', '--json']);
  t.is(printed.code, 0, printed.stderr);
  t.notThrows(() => checkPrinted('explain', printed));
  const [{ parameters, attribution, notes }] = JSON.parse(printed.stdout).results;
  t.like(parameters, { stop: 'top-k', stability: 0.97, tolerance: 1e-9 });
  t.true(attribution.converged);
  t.true(attribution.topKStability >= 0.97);
  t.true(attribution.completenessError > 1e-9, 'the error of the sum is told as it is');
  t.deepEqual(notes, []);
  const [bySum] = JSON.parse((await smug([...words, '--json'])).stdout).results;
  t.is(bySum.parameters.stop, 'sum');
  const read = await smug([...words, '--stop', 'top-k']);
  t.regex(read.stdout, /% of the nodes settled \(all that --stop top-k asks\)/);
});

test('--strict speaks of the nodes', async (t) => {
  const missed = [...words, '--stop', 'top-k', '--stability', '1', '--max-steps', '7'];
  const noted = await smug([...missed, '--top-k', '800', '--json']);
  t.is(noted.code, 0, noted.stderr);
  const [{ attribution, notes }] = JSON.parse(noted.stdout).results;
  t.false(attribution.converged);
  t.regex(
    notes.at(-1),
    /did not converge: .*about \d+ % of the chosen nodes settled after 7 points \(100 % of the nodes/,
  );
  t.regex(notes.at(-1), /--max-steps\) or another --stability\.$/);
  const strict = await smug([...missed, '--top-k', '800', '--strict']);
  t.is(strict.code, 1);
  t.regex(strict.stderr, /NOT_CONVERGED: .*of the nodes/);
});

test('what cannot be is bad usage: a fixed number of points, a call that chooses no nodes, another word', async (t) => {
  for (const [given, message] of [
    [[...words, '--stop', 'top-k', '--steps', '20'], /--stop must be sum where steps is given/],
    [
      ['batch', ...words.slice(1), '--out', 'never', '--stop', 'top-k', '--steps', '20'],
      /--stop must be sum/,
    ],
    [[...words, '--stop', 'nodes'], /--stop must be .*sum.*top-k.*got 'nodes'/],
    [['attribute', digit(3), '--model', 'builtin:mnist-cnn', '--stop', 'top-k'], /Unknown option '--stop'/],
  ] as const) {
    const { code, stderr } = await smug([...given]);
    t.is(code, 2, stderr);
    t.regex(stderr, message);
  }
  t.is((await smug([...words, '--stop', 'sum', '--steps', '20'])).code, 0);
});

test('texts, too; methods that refine nothing ignore it and say so', async (t) => {
  const text = ['explain', '-', '--model', 'builtin:reviews-cnn', '--stop', 'top-k', '--json'];
  const printed = await smug(text, { stdin: 'a gorgeous, witty film that is never dull' });
  t.is(printed.code, 0, printed.stderr);
  const [{ parameters, attribution }] = JSON.parse(printed.stdout).results;
  t.is(parameters.stop, 'top-k');
  t.true(attribution.converged && attribution.topKStability >= 0.97);
  const gradients = await smug([...words, '--stop', 'top-k', '--attribution', 'gradients', '--json']);
  t.is(JSON.parse(gradients.stdout).results[0].parameters.stop, 'sum');
  const other = await smug([...words.slice(0, 4), '--stop', 'top-k', '--method', 'gradients']);
  t.is(other.code, 0);
  t.regex(other.stderr, /--stop has no part in gradients; it is used by smug, smug-base/);
});
