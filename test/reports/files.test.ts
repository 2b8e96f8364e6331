import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { writeReport } from '../../dist/reports/explanation-files.js';
import { outputNames } from '../../dist/reports/file-names.js';
import { prepareFolder, writeWholeFile } from '../../dist/reports/write-file.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const folder = () => temporaryFolder('files');

test('names: the base name, and as much of the path as tells inputs apart', (t) => {
  t.deepEqual(outputNames(['a/x.png', 'b/y.jpg']), ['x', 'y']);
  t.deepEqual(outputNames(['a/x.png', 'b/x.png', 'c/z.png']), ['a-x.png', 'b-x.png', 'z']);
  t.deepEqual(outputNames(['x.png', 'x.jpg']), ['x.png', 'x.jpg']);
  t.deepEqual(outputNames(['x.png', 'X.PNG']).length, 2);
  t.deepEqual(outputNames([]), []);
});

test('names leave room for what is put behind them, and end in a whole character', (t) => {
  const [long, animals] = outputNames([`${'a'.repeat(240)}.jpg`, `${'🐱'.repeat(60)}.png`]);
  for (const name of [long, animals]) t.true(Buffer.byteLength(`${name}.disjoint-10.certificate.json`) < 220);
  t.regex(animals, /^(🐱)+$/u);
  const alike = outputNames([`x/${'a'.repeat(240)}1.jpg`, `x/${'a'.repeat(240)}2.jpg`]);
  t.is(new Set(alike).size, 2);
});

test('names are distinct, also without regard to case, whatever the inputs', (t) => {
  const parts = ['a', 'A', 'a-b', 'b', '2', 'a-2', '.hidden', 'a.png'];
  const inputs = parts.flatMap((one) =>
    parts.flatMap((two) => ['png', 'PNG', 'jpg'].map((ending) => `${one}/${two}/${two}.${ending}`)),
  );
  inputs.push(...inputs.slice(0, 30));
  const names = outputNames(inputs);
  t.is(new Set(names.map((name) => name.toLowerCase())).size, inputs.length);
  t.true(names.every((name) => name.length > 0 && !name.includes('/')));
});

test('a file is written whole or not at all', async (t) => {
  const home = folder();
  await writeWholeFile(join(home, 'a.txt'), 'old');
  await writeWholeFile(join(home, 'a.txt'), 'new');
  t.is(readFileSync(join(home, 'a.txt'), 'utf8'), 'new');
  // A folder stands where the file would go: the write fails, and its unfinished part is gone.
  mkdirSync(join(home, 'b.txt', 'full'), { recursive: true });
  const error = await t.throwsAsync(writeWholeFile(join(home, 'b.txt'), 'x'), { code: 'FILE_UNWRITABLE' });
  t.true(error!.message.includes('b.txt'));
  t.deepEqual(readdirSync(home).sort(), ['a.txt', 'b.txt']);
});

test('a folder that cannot be made is named', async (t) => {
  const home = folder();
  writeFileSync(join(home, 'file'), '');
  const error = await t.throwsAsync(prepareFolder(join(home, 'file', 'out')), { code: 'FILE_UNWRITABLE' });
  t.true(error!.message.includes(join('file', 'out')));
});

const drawingOf = (side: number) => ({
  image: { width: side, height: side, channels: 3 as const, data: new Uint8Array(side * side * 3).fill(128) },
  viewport: {
    x: 0, y: 0, width: side, height: side, inputWidth: 4, inputHeight: 4, originalWidth: side, originalHeight: side,
  }, // prettier-ignore
  mask: { height: 4, width: 4, window: 2, cells: [1, 0, 0, 1] },
  saliency: Float32Array.from({ length: 16 }, (_, at) => at),
});

test('a report: pictures at the original size, arrays of the input size, the document with the list', async (t) => {
  const home = join(folder(), 'new');
  const files = await writeReport({ input: 'in/cat.jpg', document: { a: 1 }, drawing: drawingOf(300) }, home);
  const endings = ['mask.png', 'heatmap.png', 'overlay.png', 'mask.npy', 'saliency.npy', 'json'];
  t.deepEqual(
    files,
    endings.map((ending) => join(home, `cat.${ending}`)),
  );
  t.deepEqual(readdirSync(home).sort(), endings.map((ending) => `cat.${ending}`).sort());
  for (const file of files.slice(0, 3)) t.like(await sharp(file).metadata(), { width: 300, height: 300 });
  t.deepEqual(JSON.parse(readFileSync(files.at(-1)!, 'utf8')), { a: 1, files });
  // The second run replaces the first, nothing more.
  t.deepEqual(
    await writeReport({ input: 'in/cat.jpg', document: { a: 2 }, drawing: drawingOf(300) }, home),
    files,
  );
  t.is(readdirSync(home).length, files.length);
});

test('small originals keep their size and get an enlarged overlay besides', async (t) => {
  const files = await writeReport({ input: 'digit.png', document: {}, drawing: drawingOf(28) }, folder());
  for (const file of files.filter((name) => name.endsWith('.png'))) {
    const side = file.endsWith('enlarged.png') ? 448 : 28;
    t.like(await sharp(file).metadata(), { width: side, height: side });
  }
  t.is(files.filter((name) => name.endsWith('.png')).length, 5);
});

test('text has a document and arrays, no pictures', async (t) => {
  const arrays = { attribution: { data: new Float32Array(6), shape: [2, 3] } };
  const files = await writeReport({ input: 'review', document: {}, arrays }, folder(), { name: 'r' });
  t.deepEqual(
    files.map((file) => file.split(/[\\/]/).at(-1)),
    ['r.attribution.npy', 'r.json'],
  );
});
