import test from 'ava';
import { digit, smug } from './smug.js';

test('Ctrl-C ends explain: what is finished stays, what runs gives its best mask, the rest is not started', async (t) => {
  // The second digit at γ = 0 is one component that takes far longer than the first progress line to solve.
  const inputs = [digit(1), digit(0), digit(4)];
  const words = ['explain', ...inputs, '--model', 'builtin:mnist-cnn', '--time-limit', '0', '--json'];
  const { code, stdout, stderr } = await smug(words, {
    interrupt: { when: /\[2\/3\].*solving/ },
    seconds: 90,
  });
  t.is(code, 1);
  t.regex(stderr, /stopping[\s\S]*1 not started/);
  const { results } = JSON.parse(stdout);
  t.is(results.length, 2);
  t.is(results[0].certificate.status, 'optimal');
  t.true(results[1].certificate.status === 'feasible' || results[1].error.code === 'ABORTED');
});
