// The service's own interface over HTTP.
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import test from 'ava';
import { explainImage, loadModel, verifyCertificate } from '../../dist/index.js';
import { check } from '../cli/printed-documents.js';
import { serve } from '../../dist/server/serve.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { ask, digit, digitsService, eventsOf, imageRequest, jsonOf, jsonRequest } from './digits-service.js';

test('an image as bytes, as a form and as JSON has one answer, that of the library', async (t) => {
  const { url } = await digitsService(t);
  const image = await digit(3);
  const first = await fetch(`${url}/v1/explain?model=digits&gamma=0.5`, imageRequest(image));
  t.is(first.status, 200);
  t.is(first.headers.get('x-smug-answer'), 'solved');
  const answer = await jsonOf(first);
  t.notThrows(() => check('explain-answer', answer));
  const model = await loadModel('builtin:mnist-cnn');
  const own = JSON.parse(JSON.stringify(await explainImage(model, image, { gamma: 0.5 })));
  model.dispose();
  // Which of the smallest masks is the heaviest is looked for only so long: sizes are what a proof settles.
  t.is(answer.mask.size, own.mask.size);
  t.is(answer.certificate.status, 'optimal');
  t.is(answer.model, 'digits');

  const form = new FormData();
  for (const [name, value] of Object.entries({ model: 'digits', gamma: '0.5' })) form.set(name, value);
  form.set('image', new Blob([new Uint8Array(image)]), 'digit.png');
  const second = await fetch(`${url}/v1/explain`, { method: 'POST', body: form });
  t.is(second.headers.get('x-smug-answer'), 'cached');
  t.deepEqual(await jsonOf(second), answer);

  const body = { model: 'digits', image: image.toString('base64'), options: { gamma: 0.5 } };
  const third = await fetch(`${url}/v1/explain`, jsonRequest(body));
  t.deepEqual(await jsonOf(third), answer);

  const full = await ask(`${url}/v1/explain`, jsonRequest({ ...body, certificate: true, picture: true }));
  t.notThrows(() => check('explain-answer', full));
  t.is(full.picture.scores.length, answer.mask.cells.length);
  const { proof } = full;
  t.is((await verifyCertificate(proof)).verdict, 'verified-exact');
  const verdict = await ask(`${url}/v1/verify`, jsonRequest({ certificate: proof }));
  t.is(verdict.verdict, 'verified-exact');
  t.notThrows(() => check('verdict', verdict));
  const forged = { ...proof, size: proof.size + 1 };
  const refused = await ask(`${url}/v1/verify`, jsonRequest({ certificate: forged }));
  t.is(refused.verdict, 'refused');
});

test('a client says what must be settled; a contradiction is its fault', async (t) => {
  const { url } = await digitsService(t);
  const body = { model: 'digits', image: (await digit(3)).toString('base64') };
  const options = { gamma: 0.5, topK: 50, stop: 'top-k' };
  const answer = await ask(`${url}/v1/explain`, jsonRequest({ ...body, options }));
  t.notThrows(() => check('explain-answer', answer));
  t.like(answer.parameters, { stop: 'top-k', stability: 0.97 });
  t.true(answer.attribution.converged);
  const wrong = await fetch(
    `${url}/v1/explain`,
    jsonRequest({ ...body, options: { ...options, steps: 20 } }),
  );
  t.is(wrong.status, 400);
  const { error } = await jsonOf(wrong);
  t.is(error.code, 'BAD_OPTION');
  t.regex(error.message, /^stop must be sum where steps is given/);
});

test('the overlay as a picture; predictions, attributions, texts and problems', async (t) => {
  const { url } = await digitsService(t);
  const image = await digit(3);
  const png = await fetch(
    `${url}/v1/explain?model=digits&gamma=0.5`,
    imageRequest(image, { accept: 'image/png' }),
  );
  t.is(png.headers.get('content-type'), 'image/png');
  t.is(Buffer.from(await png.arrayBuffer()).toString('latin1', 1, 4), 'PNG');
  const predicted = await ask(`${url}/v1/predict?model=digits&top=2`, imageRequest(image));
  t.deepEqual(predicted.predictions.map((one: { label: string }) => one.label).length, 2);
  t.is(predicted.predictions[0].label, '3');
  t.notThrows(() => check('prediction', predicted));
  const attributed = await ask(`${url}/v1/attribute?model=digits`, imageRequest(image));
  const count = attributed.attribution.shape.reduce((a: number, b: number) => a * b, 1);
  t.is(Buffer.from(attributed.scores, 'base64').length, 4 * count);
  t.notThrows(() => check('attribute-answer', attributed));
  const text = await ask(`${url}/v1/explain`, jsonRequest({ model: 'reviews', text: 'a dull, slow film' }));
  t.is(text.target.label, 'negative');
  const read = await ask(`${url}/v1/predict`, jsonRequest({ model: 'reviews', text: 'a dull, slow film' }));
  t.is(read.predictions[0].label, 'negative');
  t.is(read.input, 'text');
  t.notThrows(() => check('prediction', read));
  t.notThrows(() => check('explain-answer', text));
  t.true(text.words.some((word: { kept: boolean }) => word.kept));
  const problem = { variables: 3, rows: [{ columns: [0, 1, 2], coefficients: [1, 1, 1], lower: 1 }] };
  const solved = await ask(`${url}/v1/solve`, jsonRequest({ problem, certificate: true }));
  t.is(solved.size, 2);
  t.notThrows(() => check('solve-answer', solved));
  t.is((await verifyCertificate(solved.proof)).size, 2);
});

test('a stream tells of every better mask and of the bound, then the result', async (t) => {
  const { url } = await digitsService(t);
  const response = await fetch(
    `${url}/v1/explain?model=digits&gamma=0.3`,
    imageRequest(await digit(4), { accept: 'text/event-stream' }),
  );
  const events = await eventsOf(response);
  t.is(events.at(-1)!.event, 'result');
  const phases = new Set(events.filter(({ event }) => event === 'progress').map(({ data }) => data.phase));
  t.deepEqual([...phases].sort(), ['attribution', 'encoding', 'reading', 'solving']);
  const masks = events.filter(({ data }) => data.mask);
  t.true(masks.length > 0);
  for (const { data } of masks) t.is(data.mask.length, data.size);
  const bad = await fetch(
    `${url}/v1/explain?model=digits`,
    imageRequest(Buffer.from('no'), { accept: 'text/event-stream' }),
  );
  // Nothing had been told yet: it is an answer like any other.
  t.is(bad.status, 400);
  t.is((await jsonOf(bad)).error.code, 'BAD_IMAGE');
});

test('what a picture is drawn from comes with the answer where it is asked for', async (t) => {
  const { url } = await digitsService(t);
  const { picture, mask } = await ask(
    `${url}/v1/explain?model=digits&gamma=0.5&picture=true`,
    imageRequest(await digit(3)),
  );
  t.like(picture.viewport, { x: 0, y: 0, width: 28, height: 28, originalWidth: 28, originalHeight: 28 });
  t.is(picture.scores.length, mask.cells.length);
  // A kept cell is kept for what it adds.
  t.true(mask.cells.every((kept: number, cell: number) => kept === 0 || picture.scores[cell] > 0));
  const { details } = await ask(`${url}/v1/models`);
  t.like(details[0], { name: 'digits', takes: 'image' });
  t.like(details[1], { name: 'reviews', takes: 'text' });
  t.is(details[0].classNames[3], '3');
});

test('what is wrong with a request is said, with a status, and nothing of the server', async (t) => {
  const { url } = await digitsService(t, { maxBody: 100_000, maxPixels: 1000 });
  const image = await digit(3);
  const brokenForm = {
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
    body: '--b\r\nContent-Disposition: form-data; name="model"\r\n\r\ndigits\r\n--b\r\n',
  };
  const asked: [string, RequestInit, number, string][] = [
    ['/v1/explain', imageRequest(image), 404, 'UNKNOWN_MODEL'],
    ['/v1/explain?model=nope', imageRequest(image), 404, 'UNKNOWN_MODEL'],
    ['/v1/explain?model=digits&gamma=2', imageRequest(image), 400, 'BAD_OPTION'],
    ['/v1/explain?model=digits&engine=cpu', imageRequest(image), 400, 'BAD_OPTION'],
    ['/v1/explain?model=digits&blank=/etc/passwd', imageRequest(image), 400, 'BAD_OPTION'],
    ['/v1/explain?model=digits&target=99', imageRequest(image), 422, 'UNKNOWN_CLASS'],
    ['/v1/explain?model=digits', imageRequest(Buffer.from('no image')), 400, 'BAD_IMAGE'],
    ['/v1/explain?model=digits', imageRequest(Buffer.alloc(200_000)), 413, 'BODY_TOO_LARGE'],
    ['/v1/explain?model=digits', { method: 'POST' }, 400, 'BAD_REQUEST'],
    ['/v1/explain', jsonRequest({ model: 'digits', image: '???' }), 400, 'BAD_INPUT'],
    ['/v1/explain', jsonRequest({ model: 'digits', image: 'aGk=', path: '/etc/passwd' }), 400, 'BAD_REQUEST'],
    ['/v1/explain', jsonRequest({ model: 'reviews', text: 'x', image: 'aGk=' }), 400, 'BAD_INPUT'],
    ['/v1/explain', { ...jsonRequest({}), body: '{"mod' }, 400, 'FST_ERR_CTP_INVALID_JSON_BODY'],
    [
      '/v1/explain',
      { ...jsonRequest({}), headers: { 'content-type': 'application/xml' } },
      415,
      'FST_ERR_CTP_INVALID_MEDIA_TYPE',
    ],
    ['/v1/solve', jsonRequest({ problem: { variables: -1, rows: [] } }), 400, 'BAD_PROBLEM'],
    ['/v1/solve', jsonRequest({ problem: { variables: 1e9, rows: [] } }), 400, 'BAD_PROBLEM'],
    ['/v1/verify', jsonRequest({ certificate: { problem: { variables: 1e9 } } }), 400, 'BAD_PROBLEM'],
    [
      '/v1/verify',
      jsonRequest({ certificate: {}, problem: { variables: 1e9, rows: [] } }),
      400,
      'BAD_PROBLEM',
    ],
    ['/v1/explain', brokenForm, 400, 'BAD_INPUT'],
    ['/v1/solve', jsonRequest({}), 400, 'BAD_REQUEST'],
    ['/v1/verify', jsonRequest({ certificate: {} }), 400, 'BAD_CERTIFICATE'],
    ['/v1/nothing', jsonRequest({}), 404, 'NOT_FOUND'],
  ];
  for (const [path, request, status, code] of asked) {
    const response = await fetch(url + path, request);
    const text = await response.text();
    t.is(response.status, status, `${path}: ${text}`);
    t.is(JSON.parse(text).error.code, code, text);
    t.notRegex(text, /node_modules|\/dist\/|\.js:\d|passwd.*root/);
  }
  const large = await fetch(`${url}/v1/explain?model=digits`, imageRequest(await picture(40, 40)));
  t.regex((await jsonOf(large)).error.message, /40x40 pixels; at most 1000/);
});

async function picture(width: number, height: number): Promise<Buffer> {
  const { default: sharp } = await import('sharp');
  return sharp({ create: { width, height, channels: 3, background: '#888' } })
    .png()
    .toBuffer();
}

test('the same question in flight is worked on once; a full queue answers 429 and when to come again', async (t) => {
  const { url, service } = await digitsService(t, { concurrency: 1, queue: 1, cache: 0 });
  const image = await digit(3);
  const same = Array.from({ length: 5 }, () =>
    fetch(`${url}/v1/explain?model=digits&gamma=0.5`, imageRequest(image)),
  );
  const answers = await Promise.all(same);
  t.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200, 200, 200],
  );
  t.is(answers.filter(({ headers }) => headers.get('x-smug-answer') === 'solved').length, 1);
  t.is(
    new Set(await Promise.all(answers.map(async (answer) => JSON.stringify((await jsonOf(answer)).mask))))
      .size,
    1,
  );

  const many = Array.from({ length: 6 }, (_, seed) =>
    fetch(`${url}/v1/explain?model=digits&gamma=0.5&seed=${seed}`, imageRequest(image)),
  );
  const all = await Promise.all(many);
  const refused = all.filter(({ status }) => status === 429);
  t.true(refused.length >= 1 && all.some(({ status }) => status === 200));
  t.true(all.every(({ status }) => status === 200 || status === 429));
  for (const { headers } of refused) t.true(Number(headers.get('retry-after')) >= 1);
  t.is(service.heavy.running, 0);
  const { status } = await fetch(`${url}/v1/predict?model=digits`, imageRequest(image));
  t.is(status, 200);

  // Streams are refused with that status as well, and share what is in flight.
  const streamed = (seed: number) =>
    fetch(
      `${url}/v1/explain?model=digits&gamma=0.5&seed=${seed}`,
      imageRequest(image, { accept: 'text/event-stream' }),
    );
  const streams = await Promise.all([20, 20, 21, 22, 23, 24].map(streamed));
  const full = streams.filter((response) => response.status === 429);
  t.true(full.length >= 1);
  for (const { headers } of full) t.true(Number(headers.get('retry-after')) >= 1);
  t.deepEqual([streams[0].status, streams[1].status], [200, 200]);
  const [one, other] = await Promise.all(streams.slice(0, 2).map(eventsOf));
  t.is(one.at(-1)!.event, 'result');
  t.deepEqual(other.at(-1)!.data, one.at(-1)!.data);
  await Promise.all(streams.slice(2).map((response) => response.text()));
});

test('a check of scores does not wait for proofs; the root shows the page', async (t) => {
  const { url } = await digitsService(t, { concurrency: 1, cache: 0 });
  const controller = new AbortController();
  const path = `${url}/v1/explain?model=digits&gamma=0.5&topK=300`;
  const slow = fetch(path, { ...imageRequest(await digit(8)), signal: controller.signal }).then(
    () => 'proven',
    () => 'still to come',
  );
  await setTimeout(50);
  const { status } = await fetch(`${url}/v1/attribute?model=digits`, imageRequest(await digit(3)));
  t.is(status, 200);
  controller.abort();
  t.log(`the proof was ${await slow}`);
  t.deepEqual(await ask(`${url}/`), { status: 'alive' });
  const root = await fetch(`${url}/`, { headers: { accept: 'text/html,*/*;q=0.8' } });
  t.regex(root.headers.get('content-security-policy')!, /^default-src 'none'; script-src 'self';/);
  const page = await root.text();
  for (const [, file] of page.matchAll(/(?:src|href)="\.(\/page\/[^"]+)"/g))
    t.is((await fetch(url + file)).status, 200, file);
  t.regex(page, /<title>smug-explain/);
});

test('a deadline ends a request, a client that goes away ends its work', async (t) => {
  const { url, service } = await digitsService(t, { concurrency: 1 });
  const image = await digit(1);
  const late = await fetch(
    `${url}/v1/explain?model=digits&gamma=0.6&topK=100`,
    imageRequest(image, { 'x-deadline-ms': '1' }),
  );
  t.true([200, 504].includes(late.status));
  if (late.status === 200) t.is((await jsonOf(late)).certificate.status, 'feasible');
  const controller = new AbortController();
  const left = fetch(`${url}/v1/explain?model=digits&gamma=0.3&topK=100`, {
    ...imageRequest(await digit(0)),
    signal: controller.signal,
  });
  await setTimeout(400);
  controller.abort();
  t.is(
    await left.then(
      () => 'answered',
      () => 'left',
    ),
    'left',
  );
  for (let waited = 0; waited < 40 && service.heavy.running > 0; waited++) await setTimeout(100);
  t.is(service.heavy.running, 0);
  const wrong = await fetch(
    `${url}/v1/explain?model=digits`,
    imageRequest(image, { 'x-deadline-ms': 'soon' }),
  );
  t.is(wrong.status, 400);
});

test('a stream that is under way when the service ends is finished, and its connection closed', async (t) => {
  const running = await serve({ model: ['digits=builtin:mnist-cnn'], port: 0 });
  const response = await fetch(
    `${running.url}/v1/explain?gamma=0.3&topK=20`,
    imageRequest(await digit(4), { accept: 'text/event-stream' }),
  );
  const start = performance.now();
  const [events] = await Promise.all([eventsOf(response), running.close()]);
  t.is(events.at(-1)!.event, 'result');
  // A connection kept open would be waited for: 72 s.
  t.true(performance.now() - start < 60_000);
});

test('a folder of answers that fails is told of once; the answers go out', async (t) => {
  const folder = join(temporaryFolder('answers'), 'kept');
  const { url, service } = await digitsService(t, { cacheFolder: folder });
  const told: unknown[] = [];
  service.onCacheFailure = (error) => told.push(error);
  const explain = async (seed: number) => {
    const path = `/v1/explain?model=digits&gamma=0.5&topK=20&seed=${seed}`;
    return (await fetch(url + path, imageRequest(await digit(3)))).status;
  };
  t.is(await explain(1), 200);
  t.is((await readdir(folder)).length, 1);
  await rm(folder, { recursive: true });
  await writeFile(folder, 'a file in its place');
  t.deepEqual([await explain(2), await explain(3)], [200, 200]);
  t.is(told.length, 1);
  t.like(told[0], { code: 'FILE_UNWRITABLE' });
});

test('a token where one is asked for; another address needs one', async (t) => {
  const { url } = await digitsService(t, { token: 'a long secret' });
  t.is((await fetch(`${url}/healthz`)).status, 200);
  t.is((await fetch(`${url}/v1/models`)).status, 401);
  t.is((await fetch(`${url}/metrics`, { headers: { authorization: 'Bearer wrong' } })).status, 401);
  t.is((await fetch(`${url}/v1/models`, { headers: { authorization: 'Bearer a long secret' } })).status, 200);
  await t.throwsAsync(serve({ model: ['builtin:mnist-cnn'], host: '0.0.0.0', port: 0 }), {
    message: /loopback/,
  });
  await t.throwsAsync(serve({ model: ['builtin:mnist-cnn'], port: Number(new URL(url).port) }), {
    message: /^port must be/,
  });
  await t.throwsAsync(serve({ model: ['builtin:mnist-cnn'], port: 0, token: 'short' }), {
    message: /^token must be a string of at least 8 characters; got 'short'$/,
  });
  await t.throwsAsync(serve({ model: ['builtin:mnist-cnn'], prot: 0 } as never), {
    message: /^unknown option 'prot'/,
  });
});

test('metrics, models, readiness and an interface that describes itself', async (t) => {
  const { url } = await digitsService(t);
  await fetch(`${url}/v1/explain?model=digits&gamma=0.5`, imageRequest(await digit(3)));
  const metrics = await (await fetch(`${url}/metrics`)).text();
  for (const name of [
    'smug_request_seconds',
    'smug_stage_seconds',
    'smug_mask_cells',
    'smug_queue_waiting',
    'smug_answers_total',
    'nodejs_eventloop_lag_p99_seconds',
    'process_resident_memory_bytes',
  ])
    t.true(metrics.includes(name), name);
  const { models } = await ask(`${url}/v1/models`);
  t.deepEqual(models, ['digits', 'reviews']);
  t.is((await fetch(`${url}/readyz`)).status, 200);
  const openapi = await ask(`${url}/openapi.json`);
  t.is(openapi.openapi, '3.1.0');
  t.true('/v1/explain' in openapi.paths && '/v2/models/{name}/infer' in openapi.paths);
  const { options } =
    openapi.paths['/v1/explain'].post.requestBody.content['application/json'].schema.properties;
  t.true('gamma' in options.properties && !('engine' in options.properties));
  t.is((await fetch(`${url}/docs`)).status, 200);
});
