// A certificate whose masks take long to try: who waits is told how far it is, and may stop.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { EncodingCertificate } from '../../dist/api/encoding-certificate.js';
import { referenceEngine } from '../../dist/engines/reference/engine.js';
import { networkFromFirstLayer } from '../../dist/graph/explained-network.js';
import { loadModel, verifyFullEncoding } from '../../dist/index.js';
import type { VerifyProgress } from '../../dist/verification/progress.js';
import { networkDigest } from '../../dist/verification/encoding/network-digest.js';
import { smug } from '../cli/smug.js';
import { sequential, writeLayersModel } from '../loaders/tfjs-writer.js';

const PIXELS = 17;
const UNITS = 300;

/** No mask lets a class lead by a million: every one of 2^17 is tried, each of which costs 90,000 products of long numbers. */
async function longCertificate(t: ExecutionContext) {
  const network = sequential(
    [
      ['Dense', { batch_input_shape: [null, PIXELS], units: UNITS, activation: 'relu' }],
      ['Dense', { units: UNITS, activation: 'relu' }],
      ['Dense', { units: 2, activation: 'softmax' }],
    ],
    [PIXELS, UNITS, UNITS].flatMap((inputs, layer) => {
      const outputs = layer === 2 ? 2 : UNITS;
      return [
        { name: `l${layer}/kernel`, shape: [inputs, outputs], dtype: 'float32' },
        { name: `l${layer}/bias`, shape: [outputs], dtype: 'float32' },
      ];
    }),
  );
  const folder = writeLayersModel(t, network);
  const model = await loadModel(folder, { engine: referenceEngine });
  t.teardown(() => model.dispose());
  const x = Array.from({ length: PIXELS }, (_, at) => 1 + at / 16);
  const [{ data }] = await model.predict([{ data: Float32Array.from(x), shape: [1, PIXELS] }]);
  const certificate: EncodingCertificate = {
    ...{ format: 'smug-encoding-certificate', version: 1, target: data[0] >= data[1] ? 0 : 1, delta: 1e6 },
    ...{ status: 'infeasible', mask: null, size: 0, lowerBound: 0, gap: 1 },
    model: {
      source: folder,
      sha256: networkDigest(networkFromFirstLayer(model.graphFor(1, new Map()), 'logit')),
    },
    image: { inputShape: [1, PIXELS], height: 1, width: PIXELS, layout: 'channels-first', x },
    said: { by: 'nobody', nodes: 0, tried: 0 },
  };
  return { folder, model, certificate };
}

test('masks that were tried are counted, the time limit ends it, and the verdict says so', async (t) => {
  const { model, certificate } = await longCertificate(t);
  const told: VerifyProgress[] = [];
  const verdict = await verifyFullEncoding(model, certificate, {
    timeLimit: 4,
    onProgress: (step) => told.push(step),
  });
  t.like(verdict, { verdict: 'not-checked', failures: [], bound: { verdict: 'not-checked' } });
  const { tried } = verdict.bound!;
  t.true(tried > 0 && tried < 2 ** PIXELS);
  t.deepEqual(verdict.reasons, [
    `That no mask keeps the class rests on the word of the search that wrote the certificate: the time limit was reached after ${tried} masks.`,
  ]);
  t.true(told.length > 0);
  for (const [at, { stage, done, of }] of told.entries()) {
    t.is(`${stage} ${of}`, `masks ${2 ** PIXELS}`);
    t.true(done <= tried && (at === 0 || done > told[at - 1].done));
  }
  await t.throwsAsync(verifyFullEncoding(model, certificate, { onProgress: 3 as never }), {
    code: 'BAD_OPTION',
    message: /onProgress/,
  });
});

test('an aborted signal ends it at once', async (t) => {
  const { model, certificate } = await longCertificate(t);
  const stop = new AbortController();
  let counted = 0;
  const onProgress = () => {
    // Each is one look at the clock: after the one that aborts there is none.
    if (++counted === 3) stop.abort();
  };
  await t.throwsAsync(verifyFullEncoding(model, certificate, { signal: stop.signal, onProgress }), {
    code: 'ABORTED',
  });
  t.is(counted, 3);
});

test('smug verify tells how far it is, keeps --time-limit and ends on Ctrl-C', async (t) => {
  const { folder, certificate } = await longCertificate(t);
  const path = join(folder, 'certificate.json');
  writeFileSync(path, JSON.stringify(certificate));
  const words = ['verify', path, '--model', folder];
  const limited = await smug([...words, '--time-limit', '7']);
  t.is(limited.code, 0);
  t.regex(limited.stdout, /not-checked\n.*the time limit was reached after \d+ masks/);
  t.regex(limited.stderr, /certificate\.json: \d+ of 131072 smaller masks tried/);
  const stopped = await smug([...words, '--time-limit', '0'], {
    interrupt: { when: /masks tried/ },
    seconds: 60,
  });
  t.is(stopped.code, 1);
  t.is(stopped.stdout, '');
  t.regex(stopped.stderr, /smug: stopping[^]*ABORTED/);
});
