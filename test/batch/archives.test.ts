// Zip and tar files as inputs: honest ones, and those that were made to do harm.
import { readFileSync, truncateSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { listImages } from '../../dist/batch/list-images.js';
import { smug } from '../cli/smug.js';
import { writeTar, writeZip, type Member } from './archive-files.js';
import { batchOf, filesBelow, home, index, pictures } from './batch-runs.js';
import { solverAddon, testWith } from '../support/needs.js';

// What is done with many images is the same without the addon, where every proof takes ten times as long: minutes here.
const test = testWith(solverAddon);

const members = (photos: string): Member[] =>
  filesBelow(photos).map((name, at) => ({
    name,
    contents: readFileSync(join(photos, name)),
    deflate: at % 2 === 0,
  }));

const notes: Member = { name: 'notes.txt', contents: Buffer.from('no image') };
const hidden: Member = { name: '__MACOSX/a/._000.png', contents: Buffer.from('no image') };

/** Contents of a list, or the code of the error that each has. */
async function read(path: string): Promise<string[]> {
  const list = await listImages([path], home());
  try {
    const found: string[] = [];
    for (const image of list.images)
      found.push(
        await image.read!().then(
          (bytes) => Buffer.from(bytes).toString(),
          ({ code, message }) => `${code}: ${message}`,
        ),
      );
    return found;
  } finally {
    list.close();
  }
}

test('a batch of archives has the results of the same files in folders', async (t) => {
  t.timeout(120_000);
  const folder = home();
  const photos = pictures(folder, 9);
  const plain = join(folder, 'plain');
  await smug(batchOf([photos], plain));
  const settled = (out: string, archive: string) =>
    index(out).map((line) => ({
      ...line,
      input: '',
      name: (line.name as string).replace(archive, ''),
      files: [],
    }));
  const [zip, tar, packed] = ['photos.zip', 'photos.tar', 'photos.tgz'].map((name) => join(folder, name));
  writeZip(zip, [hidden, ...members(photos), notes]);
  await writeTar(tar, [notes, ...members(photos).map((each) => ({ ...each, name: `./${each.name}` }))]);
  await writeTar(packed, [...members(photos), notes, hidden]);
  for (const path of [zip, tar, packed]) {
    const out = `${path}.out`;
    const run = await smug(batchOf([path], out));
    t.is(run.code, 0, run.stderr);
    t.deepEqual(settled(out, ''), settled(plain, ''));
    const [first] = index(out) as { input: string; name: string; files: string[] }[];
    t.is(first.input, `${path}/a/000.png`);
    t.is(first.name, 'a/000.png');
  }
  // Beside each other their names are told apart; a part of the list reads a part of the archive.
  const both = join(folder, 'both');
  for (const part of ['1/2', '2/2'])
    t.is((await smug(batchOf([zip, packed], both, ['--files', 'none', '--shard', part]))).code, 0);
  t.is((await smug(['batch', 'merge', both])).code, 0);
  t.is(index(both).length, 18);
  t.deepEqual(
    index(both)
      .slice(0, 9)
      .map(({ name }) => name),
    index(zip.concat('.out')).map(({ name }) => `photos.zip/${name as string}`),
  );
});

test('members are read in any order, several at once', async (t) => {
  const folder = home();
  const path = join(folder, 'x.tar.gz');
  const some = [0, 1, 2, 3].map((at) => ({ name: `${at}.png`, contents: Buffer.alloc(100_000, `${at}`) }));
  await writeTar(path, some);
  const list = await listImages([path], home());
  const order = [2, 0, 3, 1, 1];
  const found = await Promise.all(order.map((at) => list.images[at].read!()));
  t.deepEqual(
    found.map((bytes) => Buffer.from(bytes)),
    order.map((at) => some[at].contents),
  );
  list.close();
});

test('names that lead out of a folder are refused with the archive', async (t) => {
  const folder = home();
  for (const name of ['../evil.png', '/etc/evil.png', 'a/../../evil.png', 'a//b.png', 'C:/evil.png']) {
    const evil = { name, contents: Buffer.from('x') };
    const [zip, tar] = [join(folder, 'x.zip'), join(folder, 'x.tar')];
    writeZip(zip, [evil]);
    await writeTar(tar, [evil]);
    for (const path of [zip, tar])
      await t.throwsAsync(read(path), { message: /evil\.png|a\/\/b\.png/ }, `${path} ${name}`);
  }
});

test('what would fill the memory, lies, or is no plain file fails alone', async (t) => {
  const folder = home();
  const zip = join(folder, 'x.zip');
  writeZip(zip, [
    { name: 'bomb.png', contents: Buffer.alloc(100_000_000), deflate: true },
    { name: 'good.png', contents: Buffer.from('good') },
    { name: 'liar.png', contents: Buffer.alloc(5_000_000, 'x'), deflate: true, saidBytes: 100 },
    { name: 'secret.png', contents: Buffer.from('x'), deflate: true, encrypted: true },
    { name: 'huge.png', contents: Buffer.from('x'), deflate: true, saidBytes: 2 ** 30 },
  ]);
  const [bomb, good, liar, secret, huge] = await read(zip);
  t.regex(bomb, /BAD_IMAGE: .*bomb\.png unpacks from \d+ to 100000000 bytes, as no image does/);
  t.is(good, 'good');
  t.regex(liar, /BAD_IMAGE: .*liar\.png cannot be unpacked/);
  t.regex(secret, /BAD_IMAGE: .*secret\.png is encrypted/);
  t.regex(huge, /BAD_IMAGE: .*huge\.png is 1073741824 bytes long/);
  const tar = join(folder, 'x.tar');
  await writeTar(tar, [
    { name: 'link.png', contents: Buffer.alloc(0), link: '/etc/passwd' },
    { name: 'good.png', contents: Buffer.from('good') },
  ]);
  t.deepEqual(await read(tar), ['good']);
});

test('a broken archive, one that unpacks without end, and none at all are errors of the batch', async (t) => {
  const folder = home();
  const some = [0, 1, 2].map((at) => ({ name: `${at}.png`, contents: Buffer.alloc(50_000, `${at}`) }));
  for (const name of ['x.zip', 'x.tar', 'x.tar.gz']) {
    const path = join(folder, name);
    if (name.endsWith('zip')) writeZip(path, some);
    else await writeTar(path, some);
    truncateSync(path, Math.floor(statSync(path).size / 2));
    await t.throwsAsync(
      read(path),
      { code: 'FILE_UNREADABLE', message: /cannot be read as an archive/ },
      name,
    );
  }
  const endless = join(folder, 'endless.tgz');
  await writeTar(endless, [{ name: 'zeros.bin', contents: Buffer.alloc(300_000_000) }]);
  await t.throwsAsync(read(endless), {
    code: 'BAD_INPUT',
    message: /unpacks from \d+ to more than \d+ bytes/,
  });
  const gone = await smug(batchOf([join(folder, 'gone.zip')], join(folder, 'out')));
  t.is(gone.code, 1);
});
