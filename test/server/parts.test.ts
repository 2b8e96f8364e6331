// The parts of the service that know nothing of HTTP.
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import test from 'ava';
import { requestBodies, serviceOptions } from '../../dist/api/service.js';
import { SmugError } from '../../dist/errors.js';
import { AnswerCache } from '../../dist/server/answer-cache.js';
import { checkClientOptions, optionsFromText } from '../../dist/server/client-options.js';
import { failureOf, GivenUp } from '../../dist/server/failure.js';
import { Flights } from '../../dist/server/flights.js';
import { readBinaryTensors } from '../../dist/server/http/binary-tensors.js';
import { modelDigest } from '../../dist/server/model-digest.js';
import { QueueFull, WorkQueue } from '../../dist/server/work-queue.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const never = new AbortController().signal;
const limits = Object.fromEntries(
  Object.entries(serviceOptions).map(([name, { default: value }]) => [name, value]),
) as never;

test('a queue runs a set number at once, in order, and refuses what cannot wait', async (t) => {
  const queue = new WorkQueue(2, 2);
  const order: number[] = [];
  const jobs = [0, 1, 2, 3].map((job) =>
    queue.run(never, async () => {
      order.push(job);
      t.true(queue.running <= 2);
      await setTimeout(20);
    }),
  );
  t.is(queue.waiting, 2);
  const error = await t.throwsAsync(
    queue.run(never, async () => undefined),
    { instanceOf: QueueFull },
  );
  t.true((error as QueueFull).retryAfter >= 1);
  await Promise.all(jobs);
  t.deepEqual(order, [0, 1, 2, 3]);
  t.is(queue.running, 0);
  await queue.run(never, async () => t.pass());
});

test('what is cancelled while it waits never runs and leaves its place', async (t) => {
  const queue = new WorkQueue(1, 1);
  const first = queue.run(never, () => setTimeout(50));
  const controller = new AbortController();
  const second = queue.run(controller.signal, async () => t.fail('it ran'));
  controller.abort();
  await t.throwsAsync(second, { code: 'ABORTED' });
  t.is(queue.waiting, 0);
  await first;
  await queue.run(never, async () => undefined);
  t.is(queue.running, 0);
});

test('work that fails gives its slot back', async (t) => {
  const queue = new WorkQueue(1, 0);
  await t.throwsAsync(
    queue.run(never, () => Promise.reject(new Error('no'))),
    { message: 'no' },
  );
  t.is(await queue.run(never, async () => 7), 7);
});

test('one question is answered once; the work is cancelled when the last who asked has gone', async (t) => {
  const flights = new Flights<number>();
  let runs = 0;
  let cancelled = false;
  const work = async (signal: AbortSignal) => {
    runs++;
    signal.addEventListener('abort', () => (cancelled = true));
    await setTimeout(60);
    return 5;
  };
  const [a, b, c] = [new AbortController(), new AbortController(), new AbortController()];
  const asked = [a, b].map(({ signal }) => flights.join('q', signal, work));
  a.abort(new GivenUp('gone'));
  await t.throwsAsync(asked[0], { instanceOf: GivenUp });
  t.false(cancelled);
  t.deepEqual(await asked[1], { result: 5, shared: true });
  t.is(runs, 1);
  const alone = flights.join('q', c.signal, work);
  c.abort(new GivenUp('deadline'));
  // Work that is stopped still says what it has.
  t.is((await alone).result, 5);
  t.true(cancelled);
  t.is(runs, 2);
});

test('who joins a question in flight hears first all that was told', async (t) => {
  const flights = new Flights<number, { phase: string; mask?: number[]; size?: number }>();
  let finish = () => {};
  const work = async (
    _: AbortSignal,
    tell: (progress: { phase: string; mask?: number[]; size?: number }) => void,
  ) => {
    tell({ phase: 'solving', mask: [1, 2], size: 2 });
    tell({ phase: 'solving', size: 2 });
    await new Promise<void>((resolve) => (finish = resolve));
    return 1;
  };
  const first = flights.join('q', never, work, () => {});
  const heard: object[] = [];
  const second = flights.join('q', never, work, (progress) => heard.push(progress));
  t.deepEqual(heard, [{ phase: 'solving', mask: [1, 2], size: 2 }]);
  finish();
  t.deepEqual(await Promise.all([first, second]), [
    { result: 1, shared: false },
    { result: 1, shared: true },
  ]);
});

test('the cache keeps the newest answers within its bytes, and all of them in its folder', async (t) => {
  const folder = join(temporaryFolder('cache'), 'kept');
  const cache = await AnswerCache.open(100, folder);
  const answer = (byte: number) => ({
    type: 'application/json; charset=utf-8',
    body: Buffer.alloc(40, byte),
  });
  for (const key of ['a', 'b', 'c']) await cache.put(key, answer(key.charCodeAt(0)));
  t.is(cache.bytes, 80);
  const fresh = await AnswerCache.open(100, folder);
  for (const key of ['a', 'b', 'c']) t.deepEqual(await fresh.get(key), answer(key.charCodeAt(0)));
  t.is(await fresh.get('d'), null);
  t.is((await readdir(folder)).length, 3);
  const memory = await AnswerCache.open(100);
  for (const key of ['a', 'b', 'c']) await memory.put(key, answer(1));
  t.is(await memory.get('a'), null);
  t.not(await memory.get('c'), null);
});

test('a folder of answers is bounded: what nobody asked for the longest goes, also after a restart', async (t) => {
  const folder = join(temporaryFolder('cache'), 'kept');
  const answer = { type: 'text/plain', body: Buffer.alloc(39) };
  // A file holds the type and a line's end, too: 50 bytes.
  const open = () => AnswerCache.open(0, folder, 170);
  const cache = await open();
  for (const key of ['a', 'b', 'c']) {
    await cache.put(key, answer);
    await setTimeout(20);
  }
  t.deepEqual(await cache.get('a'), answer);
  await setTimeout(20);
  const later = await open();
  await later.put('d', answer);
  t.deepEqual((await readdir(folder)).sort(), ['a.answer', 'c.answer', 'd.answer']);
  t.is(await later.get('b'), null);
  t.is(later.folder!.bytes, 150);
  await later.put('huge', { type: 'text/plain', body: Buffer.alloc(1000) });
  t.is((await readdir(folder)).length, 3);
});

test('a model is known by its content: another file under the same path is another model', async (t) => {
  const folder = temporaryFolder('model');
  const path = join(folder, 'model.onnx');
  await writeFile(path, 'weights');
  const first = await modelDigest(path);
  t.is(await modelDigest(path), first);
  await writeFile(join(folder, 'other.onnx'), 'another model');
  t.is(await modelDigest(path), first);
  await writeFile(join(folder, 'preprocessor_config.json'), '{}');
  const declared = await modelDigest(path);
  t.not(declared, first);
  await writeFile(path, 'others');
  t.not(await modelDigest(path), declared);
});

test('binary tensors: the JSON, then a length and the bytes of every element', (t) => {
  const element = Buffer.from([0x89, 0x50, 0x4e, 0x47]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(element.length);
  const header = Buffer.from(
    JSON.stringify({ inputs: [{ name: 'image', datatype: 'BYTES', parameters: { binary_data_size: 8 } }] }),
  );
  const body = Buffer.concat([header, length, element]);
  const read = readBinaryTensors(body, String(header.length)) as { inputs: { data: Buffer[] }[] };
  t.deepEqual(read.inputs[0].data, [element]);
  for (const wrong of ['-1', 'x', String(body.length + 1), String(header.length - 1)])
    t.throws(() => readBinaryTensors(body, wrong), { code: 'BAD_INPUT' }, wrong);
  t.throws(() => readBinaryTensors(body.subarray(0, -1), String(header.length)), { code: 'BAD_INPUT' });
  length.writeUInt32LE(2 ** 31);
  t.throws(() => readBinaryTensors(Buffer.concat([header, length, element]), String(header.length)), {
    message: /BYTES/,
  });
});

test('clients set no file, engine or thread, and stay within the limits', (t) => {
  for (const name of ['engine', 'threads', 'preprocess', 'classNames', 'tokenizer', 'solver', 'memoryBudget'])
    t.throws(() => checkClientOptions('explain', { [name]: 'x' }, limits), { code: 'BAD_OPTION' }, name);
  t.throws(() => checkClientOptions('explain', { blank: '/etc/passwd' }, limits), {
    message: /^blank must be/,
  });
  t.throws(() => checkClientOptions('explain', { topK: 10_001 }, limits), { message: /at most 10000/ });
  // What is refused is what the interface describes.
  const { properties } = requestBodies.solve.properties.options as {
    properties: Record<string, { maximum?: number }>;
  };
  t.is(properties.solutions.maximum, 1000);
  t.throws(() => checkClientOptions('solve', { solutions: 1001 }, limits), { message: /from 1 to 1000/ });
  t.throws(() => checkClientOptions('explain', [], limits), { instanceOf: TypeError });
  t.is(checkClientOptions('explain', { timeLimit: 1e9 }, limits).timeLimit, 60);
  t.is(checkClientOptions('solve', { timeLimit: 0 }, limits).timeLimit, 60);
  t.deepEqual(optionsFromText({ gamma: '0.5', core: 'true', topK: 'auto', target: '3', foo: 'x' }), {
    gamma: 0.5,
    core: true,
    topK: 'auto',
    target: 3,
    foo: 'x',
  });
});

test('an error says nothing of the server', (t) => {
  const inside = new SmugError(
    'NO_PREPROCESSING',
    'Nothing beside /srv/models/net/model.onnx: put it in /srv/models/net.',
  );
  const { status, message } = failureOf(inside);
  t.is(status, 422);
  t.is(message, 'Nothing beside model.onnx: put it in net.');
  t.deepEqual(failureOf(new Error('secret /etc/passwd')), {
    status: 500,
    code: 'INTERNAL',
    message: 'The service failed; its log says how.',
  });
  t.is(failureOf(new GivenUp('deadline')).status, 504);
  t.is(failureOf(new QueueFull(3)).retryAfter, 3);
});
