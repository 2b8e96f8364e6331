// The paper's network on digits, and what a caller meets.
import { join } from 'node:path';
import test from 'ava';
import { explainFullEncoding, loadModel, type FullEncodingProgress } from '../../dist/index.js';
import { readModelImage } from '../../dist/model/model-image.js';
import { check } from '../cli/printed-documents.js';
import { digit, projectRoot } from '../cli/smug.js';

const pixelsOf = (cells: readonly number[]) => [...cells.keys()].filter((pixel) => cells[pixel]);

test('a digit: the network itself reads the class from the mask, and from no pair of pixels', async (t) => {
  const model = await loadModel('builtin:mnist-fc');
  const progress: FullEncodingProgress[] = [];
  const result = await explainFullEncoding(model, digit(3), { onProgress: (step) => progress.push(step) });
  check('full-encoding', result);
  const { mask, certificate, target, logits, margin } = result;
  t.is(certificate.status, 'optimal');
  t.is(mask!.size, certificate.lowerBound);
  t.is(mask!.size, 3);
  t.is(target.label, '3');
  t.deepEqual(
    progress.map(({ lowerBound }) => lowerBound),
    progress.map(({ lowerBound }) => lowerBound).sort((a, b) => a - b),
  );

  // The engine agrees with the exact logits, as far as float32 goes.
  const { prepared } = await readModelImage(model, digit(3), {});
  const { data, shape } = prepared.tensor;
  const masked = data.map((value, at) => value * mask!.cells[at]);
  const [{ data: probabilities }] = await model.predict([{ data: masked, shape }]);
  const most = Math.max(...logits.masked!);
  const powers = logits.masked!.map((logit) => Math.exp(logit - most));
  const sum = powers.reduce((a, b) => a + b);
  powers.forEach((power, at) => t.true(Math.abs(power / sum - probabilities[at]) < 1e-5));
  t.true(margin! > 0);
  t.is(logits.masked!.indexOf(most), 3);

  // All pairs, through the engine: no class but 3 would tie, so float32 decides.
  const visible = pixelsOf([...data].map((value) => (value === 0 ? 0 : 1)));
  const pairs = visible.flatMap((a, at) => visible.slice(at).map((b) => [a, b]));
  const batch = new Float32Array(pairs.length * 784);
  pairs.forEach((pair, row) => pair.forEach((pixel) => (batch[row * 784 + pixel] = data[pixel])));
  const [{ data: rows }] = await model.predict([{ data: batch, shape: [pairs.length, ...shape.slice(1)] }]);
  for (let row = 0; row < pairs.length; row++) {
    const scores = rows.slice(row * 10, row * 10 + 10);
    t.not(scores.indexOf(Math.max(...scores)), 3);
  }
  model.dispose();
});

test('one thread or two: the same mask', async (t) => {
  const model = await loadModel('builtin:mnist-fc');
  const [one, two] = await Promise.all(
    [1, 2].map((threads) => explainFullEncoding(model, digit(8), { threads, delta: 0.1 })),
  );
  t.is(one.certificate.status, 'optimal');
  t.deepEqual(one.mask, two.mask);
  model.dispose();
});

test('when the time ends, or the signal aborts, there is a mask and a bound; the event loop stays free', async (t) => {
  const model = await loadModel('builtin:mnist-fc');
  const delta = 4;
  let longest = 0;
  let last = performance.now();
  const ticking = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 5);
  const start = performance.now();
  const limited = await explainFullEncoding(model, digit(8), { delta, timeLimit: 1 });
  const took = performance.now() - start;
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 800);
  const aborted = await explainFullEncoding(model, digit(8), { delta, timeLimit: 0, signal: stop.signal });
  clearInterval(ticking);
  for (const { certificate, mask, margin } of [limited, aborted]) {
    t.is(certificate.status, 'feasible');
    t.true(certificate.lowerBound > 0 && certificate.lowerBound < mask!.size);
    t.true(margin! > delta);
  }
  // Generous for a busy machine: without the limit it would go on for hours.
  t.true(took < 10_000, `${took} ms`);
  t.true(longest < 2_000, `${longest} ms without a turn of the event loop`);
  await t.throwsAsync(explainFullEncoding(model, digit(8), { signal: AbortSignal.abort() }), {
    code: 'ABORTED',
  });
  model.dispose();
});

test('a convolutional network: the mask keeps its class', async (t) => {
  const model = await loadModel(join(projectRoot, 'examples', 'full-encoding', 'mnist-conv'));
  const { certificate, mask, margin, network } = await explainFullEncoding(model, digit(1), {
    timeLimit: 20,
  });
  t.is(network.layers, 3);
  t.true(['optimal', 'feasible'].includes(certificate.status));
  t.true(certificate.lowerBound <= mask!.size);
  t.true(margin! >= 0);
  model.dispose();
});

test('what cannot be encoded is named, with what can', async (t) => {
  const large = await loadModel('builtin:mnist-cnn');
  await t.throwsAsync(explainFullEncoding(large, digit(1)), {
    code: 'UNSUPPORTED_MODEL',
    message: /up to 1,000,000 multiplications per run; this one has 2,\d+,\d+/,
  });
  large.dispose();
  const model = await loadModel('builtin:mnist-fc');
  await t.throwsAsync(explainFullEncoding(model, digit(1), { delta: -1 }), {
    name: 'RangeError',
    message: /delta/,
  });
  await t.throwsAsync(explainFullEncoding(model, digit(1), { gamma: 0.5 } as object), { message: /gamma/ });
  model.dispose();
});
