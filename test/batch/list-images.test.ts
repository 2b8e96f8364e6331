import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { listImages } from '../../dist/batch/list-images.js';
import { durationText } from '../../dist/cli/batch-text.js';
import { smug } from '../cli/smug.js';
import { batchOf, home, index, pictures } from './batch-runs.js';

function tree(): string {
  const folder = home();
  for (const file of [
    'p/b.png',
    'p/a.JPG',
    'p/B.webp',
    'p/z/c.jpeg',
    'p/.hidden/d.png',
    'p/.e.png',
    'p/notes.txt',
    'q/a.JPG',
    'q/[1].png',
    'q/1.png',
    'out/images/a.png',
  ]) {
    mkdirSync(join(folder, file, '..'), { recursive: true });
    writeFileSync(join(folder, file), '');
  }
  symlinkSync(join(folder, 'p'), join(folder, 'p', 'z', 'circle'));
  return folder;
}

const names = async (inputs: string[], out = '/none') =>
  (await listImages(inputs, out)).images.map(({ name }) => name);

test('a folder stands for all images below it, in the order of code units, hidden ones and circles left out', async (t) => {
  const folder = tree();
  const below = ['B.webp', 'a.JPG', 'b.png', 'z/c.jpeg'];
  t.deepEqual(await names([join(folder, 'p')]), below);
  // Every file once; names below the folder that all share.
  t.deepEqual(await names([join(folder, 'q', 'a.JPG'), join(folder, 'p'), join(folder, 'p', 'b.png')]), [
    'q/a.JPG',
    ...below.map((name) => `p/${name}`),
  ]);
  const { images } = await listImages([join(folder, 'p')], '/none');
  t.is(images[0].input, join(folder, 'p', 'B.webp'));
});

test("the batch's own results are no inputs", async (t) => {
  const folder = tree();
  const all = await names([folder]);
  t.true(all.includes('out/images/a.png'));
  t.deepEqual(
    await names([folder], join(folder, 'out')),
    all.filter((name) => !name.startsWith('out/')),
  );
});

test('globs, and a file whose name looks like one', async (t) => {
  const folder = tree();
  t.deepEqual(await names([join(folder, '*', '*.{JPG,webp}')]), ['p/B.webp', 'p/a.JPG', 'q/a.JPG']);
  t.deepEqual(await names([join(folder, 'q', '[1].png')]), ['[1].png']);
  await t.throwsAsync(names([join(folder, '*.gif')]), { code: 'FILE_NOT_FOUND', message: /No file matches/ });
});

test('lists: by lines or by NUL; what is missing stays, to be reported', async (t) => {
  const folder = tree();
  const list = join(folder, 'list.txt');
  const [b, gone] = [join(folder, 'p', 'b.png'), join(folder, 'p', 'gone.png')];
  writeFileSync(list, `\uFEFF${b}\r\n\n${gone}\n${join(folder, 'p', 'z')}`);
  t.deepEqual(await names([`@${list}`]), ['b.png', 'gone.png', 'z/c.jpeg']);
  writeFileSync(list, `${b}\0${gone}\0`);
  t.deepEqual(await names([`@${list}`]), ['b.png', 'gone.png']);
  await t.throwsAsync(names([`@${join(folder, 'none')}`]), { code: 'FILE_NOT_FOUND', message: /no list/ });
  writeFileSync(list, '');
  await t.throwsAsync(names([`@${list}`]), { code: 'BAD_INPUT' });
});

test('- is a list on standard input', async (t) => {
  const folder = home();
  const photos = pictures(folder, 2);
  const out = join(folder, 'out');
  const stdin = `${join(photos, 'b', '001.png')}\n${join(photos, 'a', '000.png')}\n`;
  const { code, stderr } = await smug(batchOf(['-'], out), { stdin });
  t.is(code, 0, stderr);
  t.deepEqual(
    index(out).map(({ name }) => name),
    ['b/001.png', 'a/000.png'],
  );
});

test('the digest tells lists and orders apart', async (t) => {
  const folder = tree();
  const [a, b] = [join(folder, 'p', 'a.JPG'), join(folder, 'p', 'b.png')];
  const digest = async (inputs: string[]) => (await listImages(inputs, '/none')).digest;
  t.is(await digest([a, b]), await digest([a, b, a]));
  t.not(await digest([a, b]), await digest([b, a]));
});

test('times to go', (t) => {
  t.deepEqual([0, 59.4, 60, 3599, 3600, 90_000, 200_000].map(durationText), [
    '0 s',
    '59 s',
    '1 min 0 s',
    '59 min 59 s',
    '1 h 0 min',
    '1 d 1 h',
    '2 d 7 h',
  ]);
});
