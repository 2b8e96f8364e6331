// `smug batch` from a bucket into a bucket: on one machine, gone on with on another, with a service that fails.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Store } from '../../dist/batch/store.js';
import { openS3Store } from '../../dist/store/s3-store.js';
import { batchOf, filesBelow, home, index, jsonLines, pictures } from '../batch/batch-runs.js';
import { check } from '../cli/printed-documents.js';
import { digit, smug } from '../cli/smug.js';
import { solverAddon, testWith } from '../support/needs.js';
import { s3Environment, startS3, versitygw } from '../support/servers.js';
import { faultyS3 } from './faulty-s3.js';

const settled = (lines: string) =>
  lines
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const { timing: _, ...rest } = JSON.parse(line) as Record<string, unknown>;
      check('batch-line', JSON.parse(line));
      return rest;
    });

async function filled(port: number, photos: string): Promise<Store> {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = s3Environment(port);
  const endpoint = `http://127.0.0.1:${port}`;
  const credentials = { accessKeyId, secretAccessKey };
  const store = await openS3Store('s3://bucket/', { endpoint, credentials, region: 'us-east-1' });
  for (const file of filesBelow(photos))
    await store.write(`photos/${file}`, readFileSync(join(photos, file)));
  return store;
}

async function everything(store: Store, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of store.list(prefix)) found.push(name.slice(prefix.length));
  return found;
}

testWith(solverAddon, versitygw)(
  'a batch from a bucket into a bucket has the results of one in folders',
  async (t) => {
    t.timeout(120_000);
    const folder = home();
    const photos = pictures(folder, 6);
    writeFileSync(join(photos, 'a', 'bad.png'), 'no picture');
    const plain = join(folder, 'plain');
    t.is((await smug(batchOf([photos], plain))).code, 1);
    const server = await startS3('versitygw');
    try {
      const store = await filled(server.port, photos);
      const env = s3Environment(server.port);
      const words = (out: string, more: string[] = []) =>
        batchOf(['s3://bucket/photos'], join(folder, out), ['--store', 's3://bucket/results', ...more]);
      const run = await smug(words('first', ['--json']), { env });
      t.is(run.code, 1, run.stderr);
      t.like(JSON.parse(run.stdout), { images: 7, proven: 6, failed: 1, reasons: [{ code: 'BAD_IMAGE' }] });
      t.regex(run.stderr, /s3:\/\/bucket\/photos\/a\/bad\.png is not an image/);
      const files = filesBelow(plain).filter((name) => name !== 'journal.jsonl');
      const lines = index(plain).map(({ name }) => `lines/${name as string}.json`);
      t.deepEqual((await everything(store, 'results/')).sort(), [...files, ...lines, 'batch.json'].sort());
      const alike = (line: Record<string, unknown>) => ({ ...line, input: '', error: 'error' in line });
      const stored = settled((await store.read('results/index.jsonl'))!.toString());
      t.deepEqual(stored.map(alike), index(plain).map(alike));
      for (const file of files.filter((name) => name.endsWith('.overlay.png')))
        t.true((await store.read(`results/${file}`))!.equals(readFileSync(join(plain, file))), file);
      const document = JSON.parse((await store.read('results/images/b/001.png.json'))!.toString());
      check('explanation', document);
      t.is(document.input, 's3://bucket/photos/b/001.png');
      t.deepEqual(document.files.at(-1), 'images/b/001.png.json');
      // Pictures went into the store, the journal stays.
      t.deepEqual(filesBelow(join(folder, 'first')), [
        'index.jsonl',
        'index.parquet',
        'journal.jsonl',
        'summary.json',
      ]);

      // Another machine, without the journal, has nothing to do; what failed is taken up on demand.
      await store.write('photos/a/bad.png', readFileSync(digit(1)));
      t.is((await smug(words('second'), { env })).code, 1);
      t.deepEqual(index(join(folder, 'second')), index(join(folder, 'first')));
      t.is((await smug(words('third', ['--retry']), { env })).code, 0);
      t.is(
        settled((await store.read('results/index.jsonl'))!.toString()).filter((line) => 'error' in line)
          .length,
        0,
      );

      const other = await smug(words('fourth', ['--top-k', '20']), { env });
      t.is(other.code, 1);
      t.regex(other.stderr, /s3:\/\/bucket\/results\/ holds other work/);
    } finally {
      await server.close();
    }
  },
);

testWith(solverAddon, versitygw)(
  'a store that fails ends a batch clearly; shards go on with it',
  async (t) => {
    t.timeout(120_000);
    const folder = home();
    const photos = pictures(folder, 6);
    const server = await startS3('versitygw');
    const proxy = await faultyS3(server.port);
    try {
      const store = await filled(server.port, photos);
      const env = s3Environment(proxy.port);
      const words = (out: string, part: string) =>
        batchOf(['s3://bucket/photos/'], join(folder, out), ['--store', 's3://bucket/cut', '--shard', part]);
      // Listing and the claim pass; from then on nothing does.
      proxy.plan = ['fine', 'fine', 'fine', 'fine', 'fine'];
      proxy.always = '500';
      const failed = await smug(words('first', '1/2'), { env });
      t.is(failed.code, 1);
      t.regex(
        failed.stderr,
        /STORE_FAILED: s3:\/\/bucket\/cut\/: cannot .*not today \(5 tries\).* \d of \d images are done and kept/,
      );
      t.is(await store.read('cut/shards/1-of-2/index.jsonl'), undefined);
      proxy.always = 'fine';
      proxy.plan = ['truncated', '500', 'wrong-tag', 'lost', 'truncated', '503'];
      for (const part of ['1/2', '2/2']) {
        const run = await smug(words('second', part), { env });
        t.is(run.code, 0, run.stderr);
      }
      const joined = await smug(['batch', 'merge', join(folder, 'second')]);
      t.is(joined.code, 0, joined.stderr);
      const plain = join(folder, 'plain');
      await smug(batchOf([photos], plain));
      const withoutInput = (line: Record<string, unknown>) => ({ ...line, input: '' });
      t.deepEqual(index(join(folder, 'second')).map(withoutInput), index(plain).map(withoutInput));
    } finally {
      proxy.close();
      await server.close();
    }
  },
);

test('results go to a folder that machines share, where another one finds what is finished', async (t) => {
  const folder = home();
  const photos = pictures(folder, 4);
  const shared = join(folder, 'shared');
  mkdirSync(shared);
  const words = (out: string) => batchOf([photos], join(folder, out), ['--store', shared]);
  t.is((await smug(words('first'))).code, 0);
  const before = readdirSync(join(shared, 'lines', 'a'));
  t.is((await smug(words('second'))).code, 0);
  t.is(jsonLines(join(folder, 'second', 'journal.jsonl')).length, 5);
  t.deepEqual(index(join(folder, 'second')), index(join(folder, 'first')));
  t.deepEqual(jsonLines(join(shared, 'index.jsonl')), jsonLines(join(folder, 'second', 'index.jsonl')));
  t.deepEqual(readdirSync(join(shared, 'lines', 'a')), before);
});
