// Protocols that others speak: KServe V1, Open Inference, SageMaker.
import test from 'ava';
import { verifyCertificate } from '../../dist/index.js';
import { ask, digit, digitsService, imageRequest, jsonOf, jsonRequest } from './digits-service.js';

test('KServe: explain and predict a list of instances, in its shapes', async (t) => {
  const { url } = await digitsService(t);
  const instances = [
    { b64: (await digit(3)).toString('base64') },
    { image: { b64: (await digit(7)).toString('base64') } },
  ];
  const body = { instances, parameters: { gamma: 0.5 } };
  const explained = await ask(`${url}/v1/models/digits:explain`, jsonRequest(body));
  t.deepEqual(
    explained.predictions.map((one: { label: string }) => one.label),
    ['3', '7'],
  );
  t.is(explained.explanations.length, 2);
  for (const { proof, mask } of explained.explanations) {
    const verdict = await verifyCertificate(proof);
    t.not(verdict.verdict, 'refused');
    t.is(verdict.size, mask.size);
  }
  const predicted = await ask(`${url}/v1/models/digits:predict`, jsonRequest(body));
  t.is(predicted.predictions[1][0].label, '7');
  const texts = await ask(`${url}/v1/models/reviews:explain`, jsonRequest({ inputs: ['a dull film'] }));
  t.is(texts.predictions[0].label, 'negative');
  const read = await ask(
    `${url}/v1/models/reviews:predict`,
    jsonRequest({ instances: ['a dull film', { text: 'a wonderful film' }] }),
  );
  t.deepEqual(
    read.predictions.map(([best]: { label: string }[]) => best.label),
    ['negative', 'positive'],
  );

  t.deepEqual(await ask(`${url}/v1/models/digits`), { name: 'digits', ready: true });
  for (const [path, status] of [
    ['/v1/models/other:explain', 404],
    ['/v1/models/other', 404],
  ] as const) {
    const response = await fetch(url + path, status === 404 && path.includes(':') ? jsonRequest(body) : {});
    t.is(response.status, status);
    t.is(typeof (await jsonOf(response)).error, 'string');
  }
  for (const wrong of [
    {},
    { instances: [] },
    { instances: [5] },
    { instances: [{ b64: '???' }] },
    { instances, parameters: 7 },
  ]) {
    const response = await fetch(`${url}/v1/models/digits:explain`, jsonRequest(wrong));
    t.is(response.status, 400);
    t.is(typeof (await jsonOf(response)).error, 'string');
  }
  t.is((await fetch(`${url}/v2/health/live`)).status, 200);
  t.is((await fetch(`${url}/v2/health/ready`)).status, 200);
});

test('Open Inference: one output named explanation, as MLServer shapes it', async (t) => {
  const { url } = await digitsService(t);
  const inputs = [
    { name: 'image', datatype: 'BYTES', shape: [1], data: [(await digit(3)).toString('base64')] },
  ];
  const body = { id: 'seven', inputs, parameters: { explain_parameters: { gamma: 0.5 } } };
  const answer = await ask(`${url}/v2/models/digits/infer`, jsonRequest(body));
  t.is(answer.id, 'seven');
  const [output] = answer.outputs;
  t.like(output, { name: 'explanation', datatype: 'BYTES', shape: [1, 1] });
  const { meta, data } = JSON.parse(output.data[0]);
  t.is(meta.name, 'SMUG');
  t.is(data.target.label, '3');
  t.is((await verifyCertificate(data.certificateDocument)).verdict, 'verified-exact');
  t.is((await ask(`${url}/v2/models/digits`)).outputs[0].name, 'explanation');
  t.is((await fetch(`${url}/v2/models/digits/infer`, jsonRequest({ inputs: [] }))).status, 400);
  t.is((await fetch(`${url}/v2/models/none/infer`, jsonRequest(body))).status, 404);
  // Whatever is wrong, an error is a string here.
  for (const wrong of [
    { ...jsonRequest({}), body: '{"inp' },
    { ...jsonRequest({}), headers: { 'content-type': 'application/xml' } },
  ]) {
    const refused = await fetch(`${url}/v2/models/digits/infer`, wrong);
    t.is(refused.status, 400);
    t.is(typeof (await jsonOf(refused)).error, 'string');
  }
});

test('SageMaker: ping and invocations', async (t) => {
  const { url } = await digitsService(t, { model: ['builtin:mnist-cnn'] });
  t.is((await fetch(`${url}/ping`)).status, 200);
  const request = imageRequest(await digit(3), { 'content-type': 'application/x-image' });
  const answer = await ask(`${url}/invocations?gamma=0.5`, request);
  t.is(answer.target.label, '3');
});
