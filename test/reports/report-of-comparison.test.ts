// smug report on what smug compare wrote.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import type { ReportRow } from '../../dist/api/report.js';
import { writeHtmlReport } from '../../dist/index.js';
import { check } from '../cli/printed-documents.js';
import { digit, smug } from '../cli/smug.js';
import { temporaryFolder } from '../support/temporary-folder.js';

function rowsOf(file: string): ReportRow[] {
  const data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(
    readFileSync(file, 'utf8'),
  )![1];
  return JSON.parse(data) as ReportRow[];
}

const model = ['--model', 'builtin:mnist-fc'];
const methods = ['--methods', 'gradients,center-box,grad-cam'];

test('a comparison is a row with its numbers and its sheet, large enough to be read', async (t) => {
  const folder = temporaryFolder('compared');
  const compared = await smug([
    'compare',
    digit(3),
    digit(7),
    ...model,
    ...methods,
    '--out',
    folder,
    '--json',
  ]);
  const documents = JSON.parse(compared.stdout).results as {
    target: { confidence: number };
    methods: object[];
  }[];
  const { code, stdout, stderr } = await smug(['report', folder, '--json']);
  t.is(code, 0, stderr);
  t.like(JSON.parse(stdout), { images: 2, pictures: 2, notes: [] });
  const rows = rowsOf(join(folder, 'report.html'));
  for (const [at, row] of rows.entries()) {
    check('report-row', row);
    t.is(row.name, digit([3, 7][at]));
    t.is(row.class, `${[3, 7][at]}`);
    t.is(row.confidence, documents[at].target.confidence);
    t.is(row.size, null, 'nobody asked for the smallest mask');
    const [table] = row.tables;
    t.deepEqual(table.columns, ['method', 'LSC', 'kept', 'time']);
    t.deepEqual(
      table.rows.map(([method, lsc, kept]) => [method, lsc, kept]),
      [
        ['Gradients', ''],
        ['Box around the middle', '51.0 %'],
      ].map(([name, kept], method) => [
        name,
        (documents[at].methods[method] as { lsc: number }).lsc.toFixed(2),
        kept,
      ]),
    );
    // There is no convolution to look at.
    t.regex(row.notes.join(), /^Grad-CAM: .*convolution/);
    const [picture, ...others] = row.pictures;
    t.deepEqual([others.length, picture.kind, picture.wide], [0, 'methods side by side', true]);
    const sheet = await sharp(join(folder, `${[3, 7][at]}.compare.png`)).metadata();
    const shown = await sharp(Buffer.from(picture.source.split(',')[1], 'base64')).metadata();
    t.deepEqual([shown.width, shown.height], [sheet.width, sheet.height]);
  }
});

test('with an explanation of the same image it is one row; what is lost or broken is said or left out', async (t) => {
  const folder = temporaryFolder('compared');
  const out = ['--out', folder];
  await smug(['compare', digit(3), digit(7), ...model, ...methods, ...out]);
  t.is((await smug(['explain', digit(3), ...model, ...out])).code, 0);
  rmSync(join(folder, '7.compare.png'));
  writeFileSync(join(folder, 'cut.compare.json'), '{"input": ');
  writeFileSync(join(folder, 'other.compare.json'), '{"input": 3}');
  const file = join(folder, 'r.html');
  const report = await writeHtmlReport([folder], file);
  t.is(report.images, 2);
  t.regex(report.notes.join(), /cut\.compare\.json is no JSON.*other\.compare\.json has another form/);
  const [both, lone] = rowsOf(file);
  t.deepEqual(
    both.pictures.map(({ kind }) => kind),
    ['overlay', 'heat map', 'mask', 'methods side by side'],
  );
  t.true(both.size! > 0 && both.tables.length === 1);
  t.deepEqual([lone.name, lone.pictures, lone.tables.length], [digit(7), [], 1]);
});
