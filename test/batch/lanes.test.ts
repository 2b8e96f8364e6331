// A batch in several threads, each with the model for itself, against the same batch in one.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { BatchImage } from '../../dist/batch/batch-image.js';
import { listImages } from '../../dist/batch/list-images.js';
import { Lanes } from '../../dist/batch/lanes.js';
import { runBatch } from '../../dist/batch/run-batch.js';
import { SmugError } from '../../dist/errors.js';
import { loadModel } from '../../dist/index.js';
import { digit } from '../cli/smug.js';
import { solverAddon, testWith } from '../support/needs.js';
import { filesBelow, home, index, pictures } from './batch-runs.js';

const test = testWith(solverAddon);
const laneModel = { source: 'builtin:mnist-fc', load: {} };

async function batch(t: ExecutionContext, photos: string, out: string, lanes: number, signal?: AbortSignal) {
  const model = await loadModel(laneModel.source);
  t.teardown(() => model.dispose());
  const list = await listImages([photos], out);
  const kinds = ['json', 'overlay'] as const;
  return runBatch(model, list, {
    out,
    kinds,
    jobs: 3,
    lanes,
    laneModel,
    gamma: 0.3,
    confirm: 'always',
    signal,
  });
}

test('threads give the index and the files of one thread, images that fail among them', async (t) => {
  const folder = home();
  const photos = pictures(folder, 9);
  writeFileSync(join(photos, 'a', 'broken.png'), 'no picture');
  const [one, two] = [join(folder, 'one'), join(folder, 'two')];
  const summaries = [await batch(t, photos, one, 1), await batch(t, photos, two, 2)];
  for (const summary of summaries) t.like(summary, { images: 10, proven: 9, failed: 1 });
  t.deepEqual(index(two), index(one));
  t.regex(JSON.stringify(index(two)), /BAD_IMAGE/);
  t.deepEqual(filesBelow(two), filesBelow(one));
  const overlay = filesBelow(one).find((name) => name.endsWith('.png'))!;
  t.deepEqual(readFileSync(join(two, overlay)), readFileSync(join(one, overlay)));
});

test('a batch in threads that is stopped keeps what is finished, and goes on', async (t) => {
  const folder = home();
  const photos = pictures(folder, 12);
  const out = join(folder, 'out');
  const model = await loadModel(laneModel.source);
  t.teardown(() => model.dispose());
  const list = await listImages([photos], out);
  const stop = new AbortController();
  const common = { out, kinds: [], jobs: 3, lanes: 2, laneModel, gamma: 0.3 };
  const error = await t.throwsAsync(
    runBatch(model, list, {
      ...common,
      signal: stop.signal,
      onProgress: ({ done }) => done >= 3 && stop.abort(),
    }),
  );
  t.is((error as SmugError).code, 'ABORTED');
  let before = 0;
  const summary = await runBatch(model, list, {
    ...common,
    onProgress: ({ done }) => (before ||= done),
  });
  t.true(before >= 3, 'what was finished is not done again');
  t.like(summary, { images: 12, failed: 0 });
});

test('bytes go to a thread; a model that cannot be loaded there ends all that wait for it', async (t) => {
  const folder = home();
  const out = join(folder, 'out');
  mkdirSync(out);
  const lanes = (model = laneModel) => {
    const threads = new Lanes({ model, options: { gamma: 0.3 }, folder: out, kinds: [], stored: false }, 1);
    t.teardown(() => threads.end());
    return threads;
  };
  const image: BatchImage = {
    input: 'archive.zip/3.png',
    name: '3.png',
    read: async () => readFileSync(digit(3)),
  };
  const threads = lanes();
  const { line } = await threads.explain(image);
  t.like(line, { input: image.input, name: image.name });
  t.false('error' in line);
  const unreadable = {
    ...image,
    read: () => Promise.reject(new SmugError('FILE_NOT_FOUND', 'there is no such image')),
  };
  t.like((await threads.explain(unreadable)).line, { error: { code: 'FILE_NOT_FOUND' } });
  const without = lanes({ source: join(folder, 'none.onnx'), load: {} });
  const errors = await Promise.all([1, 2].map(() => t.throwsAsync(without.explain(image))));
  for (const error of errors) t.like(error, { name: 'SmugError', code: 'FILE_NOT_FOUND' });
});
