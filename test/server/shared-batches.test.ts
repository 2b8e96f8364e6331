// Images that a service explains at the same time, on an engine that one image does not fill.
import { setTimeout as wait } from 'node:timers/promises';
import test from 'ava';
import { referenceEngine } from '../../dist/engines/reference/engine.js';
import { sharingEngine, type Watch } from '../support/sharing-engine.js';
import { ask, digit, digitsService, imageRequest, jsonRequest } from './digits-service.js';

const DIGITS = [0, 1, 2, 3, 4];

/** Every batch takes so long that the next images come while it runs. */
function unhurried(): Watch {
  const seen = new Set<number>();
  const before = async (batch: number) => {
    if (!seen.has(batch)) await wait(200);
    seen.add(batch);
  };
  return { batches: [], rounds: [], before };
}

test('they share attribution batches, and each has the answer that it has alone', async (t) => {
  const watch = unhurried();
  const engine = sharingEngine(referenceEngine, 4, watch);
  const options = { model: ['digits=builtin:mnist-cnn'], concurrency: DIGITS.length };
  const { url, service } = await digitsService(t, { ...options, load: { engine } });
  const images = await Promise.all(DIGITS.map(digit));
  const explain = (at: string, image: Uint8Array) => ask(`${at}/v1/explain?gamma=0.5`, imageRequest(image));
  const answers = await Promise.all(images.map((image) => explain(url, image)));
  t.true(Math.max(...watch.batches) > 1, `batches of ${watch.batches.join(', ')}`);
  const { body } = await service.metrics.text();
  const metric = (name: string) =>
    Number(new RegExp(`^smug_attribution_batch_images_${name} (\\d+)$`, 'm').exec(body)![1]);
  t.true(metric('sum') >= DIGITS.length);
  t.true(metric('count') < metric('sum'));

  const plain = await digitsService(t, { ...options, load: { engine: 'reference' } });
  for (const [at, image] of images.entries()) {
    const alone = await explain(plain.url, image);
    t.deepEqual(answers[at].attribution, alone.attribution);
    t.deepEqual(answers[at].target, alone.target);
    t.is(answers[at].mask.size, alone.mask.size);
  }
});

test('texts and attributions share them, too', async (t) => {
  const watch = unhurried();
  const engine = sharingEngine(referenceEngine, 8, watch);
  const { url } = await digitsService(t, { concurrency: DIGITS.length, load: { engine } });
  const images = await Promise.all(DIGITS.map(digit));
  const answers = await Promise.all(
    images.map((image) => ask(`${url}/v1/attribute?model=digits`, imageRequest(image))),
  );
  for (const { attribution } of answers) t.true(attribution.converged);
  t.true(Math.max(...watch.batches) > 1);
  watch.batches.length = 0;
  const texts = [
    'a wonderful film',
    'a dull story',
    'the actors are great',
    'bad from start to end',
    'good',
    'bad',
  ];
  const texted = await Promise.all(
    texts.map((text) => ask(`${url}/v1/explain`, jsonRequest({ model: 'reviews', text }))),
  );
  for (const { certificate } of texted) t.is(certificate.status, 'optimal');
  t.true(Math.max(...watch.batches) > 1);
});
