// Where people say things are: three kinds of files, the mask on the model's input, and metrics against it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readTrueBoxes } from '../../dist/evaluation/ground-truth/read-true-boxes.js';
import { truthMask } from '../../dist/evaluation/ground-truth/truth-mask.js';
import { auc } from '../../dist/evaluation/metrics/auc.js';
import { pointingGame } from '../../dist/evaluation/metrics/pointing-game.js';
import { relevanceMass } from '../../dist/evaluation/metrics/relevance-mass.js';
import { rateImage } from '../../dist/explainers/image/rate-image.js';
import { loadModel } from '../../dist/index.js';
import { check } from '../cli/printed-documents.js';
import { projectRoot, smug } from '../cli/smug.js';
import { randomNumbers } from '../support/random-numbers.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const digits = join(projectRoot, 'examples', 'digits');
const folder = () => temporaryFolder('truth');

function write(name: string, content: string): string {
  const path = join(folder(), name);
  writeFileSync(path, content);
  return path;
}

const voc = (objects: string) => `<?xml version="1.0"?>
<annotation verified="no"><filename>whatever.JPEG</filename><size><width>500</width></size>${objects}</annotation>`;
const object = (sides: string) => `<object><name>cat</name><bndbox>${sides}</bndbox></object>`;

test('a table, COCO and Pascal VOC say the same', async (t) => {
  const table = write(
    'boxes.tsv',
    'file\tright\tleft\ttop\tbottom\na/one.jpg\t30\t10\t20\t50\na/one.jpg\t3.5\t1\t2\t4\n\n',
  );
  const coco = write(
    'instances.json',
    JSON.stringify({
      images: [
        { id: 7, file_name: 'a/one.jpg' },
        { id: 8, file_name: 'two.jpg' },
      ],
      annotations: [
        { image_id: 7, bbox: [10, 20, 20, 30] },
        { image_id: 7, bbox: [1, 2, 2.5, 2] },
      ],
    }),
  );
  const expected = [
    { x: 10, y: 20, width: 20, height: 30 },
    { x: 1, y: 2, width: 2.5, height: 2 },
  ];
  for (const path of [table, coco]) {
    const boxes = await readTrueBoxes(path);
    t.is(boxes.size, 1);
    // By the path; by the name alone, whatever folder and ending.
    for (const name of ['a/one.jpg', 'one.png', 'elsewhere/one.jpg']) t.deepEqual(boxes.of(name), expected);
    t.is(boxes.of('two.jpg'), undefined);
  }
  t.is((await readTrueBoxes(table)).digest, (await readTrueBoxes(coco)).digest);

  const annotations = folder();
  // Pixels count from 1, ends included; parts of an object are no objects, comments nothing.
  const part = `<part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part>`;
  const whole = object('\n<xmin>11</xmin><ymin>21</ymin>\n<xmax>30</xmax> <ymax>50</ymax>');
  writeFileSync(
    join(annotations, 'one.xml'),
    voc(`<!-- ${whole} -->${whole.replace('</object>', `${part}</object>`)}`),
  );
  writeFileSync(join(annotations, 'readme.txt'), 'no annotation');
  t.deepEqual((await readTrueBoxes(annotations)).of('one.JPEG'), [expected[0]]);
});

test('a name that two files share means neither', async (t) => {
  const boxes = await readTrueBoxes(
    write('boxes.csv', 'file,left,top,right,bottom\na/one.jpg,0,0,1,1\nb/one.jpg,0,0,2,2\n'),
  );
  t.is(boxes.of('b/one.jpg')![0].width, 2);
  t.is(boxes.of('one.jpg'), undefined);
});

test('what is wrong is named, all of it', async (t) => {
  const fails = async (path: string, message: RegExp, code = 'BAD_INPUT') =>
    t.like(await t.throwsAsync(readTrueBoxes(path), { message }), { code });
  await fails(
    write('b.csv', 'file,left,top,right,bottom\na,0,0,0,5\n,1,1,2,2\nb,x,1,2,2\nc,1,1,2\n'),
    /4 lines are wrong: line 2: an empty box from 0, 0 to 0, 5; line 3: no file; line 4: a box of NaN.*; line 5: a box of/,
  );
  await fails(write('b.csv', 'file,left\n'), /must have the columns file, left, top, right and bottom/);
  await fails(write('b.json', '{'), /not JSON/);
  await fails(write('b.json', '[]'), /not a COCO file/);
  await fails(
    write('b.json', '{"images": [{"id": 1}, null], "annotations": [{"image_id": 2, "bbox": [1]}, null]}'),
    /image 1: no file_name; image 2: no file_name; annotation 1: no image 2; annotation 2: no image/,
  );
  await fails(write('b.json', '{"images": [], "annotations": []}'), /has no boxes/);
  await fails(join(folder(), 'nowhere'), /cannot be found/, 'FILE_NOT_FOUND');
  const annotations = folder();
  writeFileSync(join(annotations, 'a.xml'), '<html/>');
  writeFileSync(join(annotations, 'b.xml'), voc(object('<xmin>4</xmin>')));
  await fails(annotations, /a\.xml: no annotation; b\.xml: a box of 3, NaN, NaN, NaN/);
  mkdirSync(join(annotations, 'empty'));
  await fails(join(annotations, 'empty'), /has no boxes/);
});

test('a pixel of the input is true where its middle lies in a box of the picture', (t) => {
  // Input pixels are 10 pictures' pixels wide and 5 high, from (−5, 10) on.
  const view = { x: -5, y: 10, width: 40, height: 15, inputWidth: 4, inputHeight: 3 };
  const sides = { originalWidth: 100, originalHeight: 100 };
  const mask = truthMask(
    [
      { x: 10, y: 12.5, width: 10, height: 5 },
      { x: 29, y: 0, width: 50, height: 13 },
    ],
    { ...view, ...sides },
  );
  // Middles: columns 0, 10, 20, 30; rows 12.5, 17.5, 22.5. Ends are exclusive.
  t.deepEqual([...mask], [0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
});

test('pointing game and relevance mass: by hand, and transcribed', (t) => {
  t.is(pointingGame([0, 3, 1], [0, 1, 0]), 1);
  t.is(pointingGame([0, 3, 3, 3, 1], [1, 1, 0, 0, 1]), 1 / 3);
  t.is(pointingGame([2, 2], [1, 0]), null);
  t.is(pointingGame([2, 1], [0, 0]), null);
  t.is(relevanceMass([1, -5, 3], [1, 1, 0]), 0.25);
  t.is(relevanceMass([-1, 0], [1, 1]), null);
  t.is(relevanceMass([1, 1], [0, 0]), null);
  const next = randomNumbers(4);
  for (let round = 0; round < 200; round++) {
    const scores = Array.from({ length: 2 + Math.floor(next() * 12) }, () => Math.floor(next() * 7) - 2);
    const truth = scores.map(() => Number(next() < 0.4));
    const best = Math.max(...scores);
    const winners = truth.filter((_, at) => scores[at] === best);
    const says = truth.includes(1) && winners.length < scores.length;
    t.is(pointingGame(scores, truth), says ? winners.filter(Boolean).length / winners.length : null);
    const positive = scores.map((score) => (score > 0 ? score : 0));
    const all = positive.reduce((a, b) => a + b, 0);
    const inside = positive.reduce((sum, score, at) => sum + score * truth[at], 0);
    t.is(relevanceMass(scores, truth), all > 0 && truth.includes(1) ? inside / all : null);
  }
});

test('AUC, pointing game and relevance mass: Quantus', (t) => {
  const cases: { scores: number[]; truth: number[]; auc: number; pointing: number; mass: number }[] =
    JSON.parse(readFileSync(join(projectRoot, 'test', 'evaluation', 'quantus-localisation.json'), 'utf8'));
  t.is(cases.length, 4);
  for (const { scores, truth, ...expected } of cases) {
    t.true(Math.abs(auc(scores, truth)! - expected.auc) < 1e-12);
    t.is(pointingGame(scores, truth), expected.pointing);
    t.true(Math.abs(relevanceMass(scores, truth)! - expected.mass) < 1e-12);
  }
});

test('smug evaluate --truth: the boxes as a method, and metrics against them', async (t) => {
  const home = folder();
  writeFileSync(join(home, 'labels.tsv'), 'file\tclass_index\n3.png\t3\n7.png\t7\n');
  writeFileSync(join(home, 'boxes.csv'), 'file,left,top,right,bottom\n3.png,6,4,22,25\n');
  const words = ['evaluate', digits, '--model', 'builtin:mnist-fc', '--labels', join(home, 'labels.tsv')];
  const truth = ['--truth', join(home, 'boxes.csv')];
  const metrics = ['--metrics', 'auc,max-f1,min-mae,pointing-game,relevance-mass'];
  const methods = ['--methods', 'gradients,max-box,ground-truth', '--out', join(home, 'table')];
  const done = await smug([...words, ...methods, ...truth, ...metrics]);
  t.is(done.code, 0, done.stderr);
  const table = JSON.parse(readFileSync(join(home, 'table', 'table.json'), 'utf8'));
  t.notThrows(() => check('evaluation-table', table));
  const [gradients, maxBox, groundTruth] = table.rows;
  const box = (16 * 21) / 784;
  t.is(groundTruth.method, 'ground-truth');
  // Of the two images one has a box.
  t.true(Math.abs(groundTruth.sparsity - box) < 1e-9);
  t.deepEqual(groundTruth.metrics, {
    auc: 1,
    'max-f1': 1,
    'min-mae': 0,
    'pointing-game': 1,
    'relevance-mass': 1,
  });
  t.true(Math.abs(maxBox.metrics['relevance-mass'] - box) < 1e-9);
  t.true(Math.abs(maxBox.metrics['max-f1'] - (2 * box) / (1 + box)) < 1e-9);
  t.is(maxBox.metrics.auc, 0.5);
  t.is(maxBox.metrics['pointing-game'], null);
  t.true(gradients.metrics.auc > 0.5 && gradients.metrics['relevance-mass'] > box);

  // Another truth is another evaluation; and what needs it says so.
  writeFileSync(join(home, 'boxes.csv'), 'file,left,top,right,bottom\n3.png,6,4,22,26\n');
  const other = await smug([...words, ...methods, ...truth, ...metrics]);
  t.is(other.code, 1);
  t.regex(other.stderr, /journal/);
  for (const [asked, name] of [
    [['--methods', 'ground-truth'], 'ground-truth'],
    [['--metrics', 'gini,auc'], 'auc'],
  ] as const) {
    const without = await smug([...words, ...asked, '--out', join(home, 'none')]);
    t.is(without.code, 2);
    t.regex(without.stderr, new RegExp(`${name} needs --truth`));
  }
});

test('a picture of which nobody has said anything has no ground truth', async (t) => {
  const model = await loadModel('builtin:mnist-fc', { engine: 'reference' });
  await t.throwsAsync(rateImage(model, join(digits, '7.png'), 'ground-truth'), {
    message: /nobody has said/,
  });
  model.dispose();
});
