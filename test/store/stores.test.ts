// The contract of a store, on a folder and on two S3 services, and on a service that fails in every way.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Store, StoredObject } from '../../dist/batch/store.js';
import { FolderStore } from '../../dist/store/folder-store.js';
import { openStore } from '../../dist/store/open-store.js';
import { openS3Store } from '../../dist/store/s3-store.js';
import { testWith } from '../support/needs.js';
import { moto, startS3, versitygw } from '../support/servers.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { faultyS3, type Fault } from './faulty-s3.js';

const home = () => temporaryFolder('store');

const credentials = { accessKeyId: 'smug-test', secretAccessKey: 'smug-test-secret' };

const reached = (port: number, more: object = {}) => ({
  endpoint: `http://127.0.0.1:${port}`,
  credentials,
  region: 'us-east-1',
  ...more,
});

async function collected(store: Store, prefix: string): Promise<StoredObject[]> {
  const found: StoredObject[] = [];
  for await (const object of store.list(prefix)) found.push(object);
  return found;
}

const names = async (store: Store, prefix: string) =>
  (await collected(store, prefix)).map(({ name }) => name);

async function keepsItsContract(t: ExecutionContext, store: Store): Promise<void> {
  t.is(await store.read('a/b.json'), undefined);
  t.true(await store.write('a/b.json', 'first'));
  t.is((await store.read('a/b.json'))?.toString(), 'first');
  t.false(await store.write('a/b.json', 'second', { ifAbsent: true }));
  t.is((await store.read('a/b.json'))?.toString(), 'first');
  t.true(await store.write('a/b.json', 'third'));
  t.true(await store.write('empty', '', { ifAbsent: true }));
  t.is((await store.read('empty'))?.length, 0);
  const strange = 'a/größe & mehr %20 +?.png';
  const large = Buffer.alloc(3_000_000, 'ab\0');
  t.true(await store.write(strange, large));
  t.true((await store.read(strange))!.equals(large));
  // Of many that write one name at once, one does.
  const race = await Promise.all(
    Array.from({ length: 8 }, (_, at) => store.write('race', `${at}`, { ifAbsent: true })),
  );
  t.is(race.filter(Boolean).length, 1);
  t.is((await store.read('race'))?.toString(), `${race.indexOf(true)}`);
  for (const name of ['l/x/1', 'l/x-y', 'l/x/2', 'lx', 'l/y']) await store.write(name, name);
  t.deepEqual(await names(store, 'l/'), ['l/x-y', 'l/x/1', 'l/x/2', 'l/y']);
  t.deepEqual(await names(store, 'l/x'), ['l/x-y', 'l/x/1', 'l/x/2']);
  t.deepEqual(await names(store, 'nothing/'), []);
  const [{ size, tag }] = await collected(store, 'l/y');
  t.is(size, 3);
  t.truthy(tag);
  await store.remove('l/y');
  await store.remove('l/y');
  t.is(await store.read('l/y'), undefined);
}

test('a folder keeps the contract of a store, and nothing half written', async (t) => {
  const folder = home();
  await keepsItsContract(t, await openStore(folder, '--store'));
  const files = readdirSync(folder, { recursive: true }) as string[];
  t.deepEqual(
    files.filter((name) => name.endsWith('.part')),
    [],
  );
  const store = new FolderStore(folder);
  await t.throwsAsync(store.write('../out', 'x'), { code: 'BAD_INPUT', message: /leads out of/ });
  writeFileSync(join(folder, 'file'), '');
  await t.throwsAsync(store.write('file/below', 'x'), {
    code: 'STORE_FAILED',
    message: /below cannot be written/,
  });
});

test('a name that is no store is bad usage', async (t) => {
  await t.throwsAsync(openStore('gs://bucket', '--store'), {
    instanceOf: RangeError,
    message: /--store must be/,
  });
  await t.throwsAsync(openStore('s3://', 'INPUT'), { instanceOf: RangeError, message: /INPUT must be s3:/ });
});

testWith(versitygw)('a bucket behind versitygw keeps the contract', async (t) => {
  const server = await startS3('versitygw');
  try {
    await keepsItsContract(t, await openS3Store('s3://bucket/some/prefix', reached(server.port)));
    t.deepEqual(await names(await openS3Store('s3://bucket', reached(server.port)), 'some/prefix/l/'), [
      'some/prefix/l/x-y',
      'some/prefix/l/x/1',
      'some/prefix/l/x/2',
    ]);
  } finally {
    await server.close();
  }
});

testWith(moto)('a bucket of moto keeps the contract', async (t) => {
  const server = await startS3('moto_server');
  try {
    const store = await openS3Store('s3://bucket/prefix/', reached(server.port));
    await keepsItsContract(t, store);
    // More than one page.
    for (let from = 0; from < 1050; from += 50)
      await Promise.all(Array.from({ length: 50 }, (_, at) => store.write(`many/${from + at}`, '')));
    t.is((await names(store, 'many/')).length, 1050);
  } finally {
    await server.close();
  }
});

testWith(versitygw)('faults that pass are outlasted; the right contents arrive, once', async (t) => {
  t.timeout(120_000);
  const server = await startS3('versitygw');
  const proxy = await faultyS3(server.port);
  try {
    const patient = await openS3Store('s3://bucket/', reached(proxy.port, { timeoutMs: 500 }));
    const contents = Buffer.from(Array.from({ length: 100_000 }, (_, at) => (at * 31) & 255));
    const faults: Fault[] = [
      '500',
      '503',
      'truncated',
      'corrupt',
      'wrong-tag',
      'slow',
      'silent',
      'lost',
      'reset',
    ];
    for (const fault of faults) {
      proxy.plan = [fault, fault];
      t.true(await patient.write(`write-${fault}`, contents), fault);
      proxy.plan = [fault];
      t.true((await patient.read(`write-${fault}`))!.equals(contents), fault);
      proxy.plan = [fault];
      t.deepEqual(await names(patient, `write-${fault}`), [`write-${fault}`], fault);
      // The service heard the first try, or did not: either way the name is ours, and nobody else's later.
      proxy.plan = [fault];
      t.true(await patient.write(`once-${fault}`, contents, { ifAbsent: true }), fault);
      proxy.plan = [fault];
      t.false(await patient.write(`once-${fault}`, 'another', { ifAbsent: true }), fault);
      t.true((await patient.read(`once-${fault}`))!.equals(contents), fault);
    }
  } finally {
    proxy.close();
    await server.close();
  }
});

testWith(versitygw)('faults that stay end in a clear error, and never in a wrong result', async (t) => {
  t.timeout(120_000);
  const server = await startS3('versitygw');
  const proxy = await faultyS3(server.port);
  try {
    const store = await openS3Store('s3://bucket/', reached(proxy.port, { timeoutMs: 300, attempts: 2 }));
    const contents = Buffer.alloc(50_000, 'x');
    await store.write('there', contents);
    const messages: [Fault, RegExp][] = [
      ['500', /s3:\/\/bucket\/: cannot read there: not today \(2 tries\)\./],
      ['truncated', /cannot read there: .*\(2 tries\)/],
      ['corrupt', /cannot read there: .*(checksum|ETag).*\(2 tries\)/i],
      ['wrong-tag', /cannot read there: its ETag 0123.* is not that of the contents \(2 tries\)/],
      ['slow', /cannot read there: no answer within 0\.3 s \(2 tries\)/],
      ['silent', /cannot read there: no answer within 0\.3 s \(2 tries\)/],
      ['reset', /cannot read there: .*\(2 tries\)/],
    ];
    for (const [fault, message] of messages) {
      proxy.always = fault;
      await t.throwsAsync(store.read('there'), { code: 'STORE_FAILED', message }, fault);
    }
    for (const fault of ['500', 'silent', 'reset', 'wrong-tag', 'lost'] as const) {
      proxy.always = fault;
      await t.throwsAsync(store.write(`new-${fault}`, contents), { code: 'STORE_FAILED' }, fault);
      proxy.always = 'fine';
      const there = await store.read(`new-${fault}`);
      t.true(there === undefined || there.equals(contents), fault);
    }
    proxy.requests = [];
    const stranger = await openS3Store('s3://bucket/', {
      ...reached(proxy.port),
      credentials: { ...credentials, secretAccessKey: 'guessed' },
    });
    await t.throwsAsync(stranger.read('there'), {
      code: 'STORE_FAILED',
      message: /cannot read there: (?!.*tries)/,
    });
    t.is(proxy.requests.length, 1, 'what will not pass is not tried again');
    const nowhere = await openS3Store('s3://no-such-bucket/', reached(proxy.port));
    await t.throwsAsync(nowhere.read('there'), { code: 'STORE_FAILED', message: /bucket/i });
  } finally {
    proxy.close();
    await server.close();
  }
});
