import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { bestCrop, cropScore, type Crop } from '../../dist/explainers/image/crops.js';
import { gridBoxes } from '../../dist/explainers/image/boxes.js';
import { boxOnPicture } from '../../dist/reports/tile.js';
import { compareMethods, rateImage, writeComparisonFiles, writeImageRatingFiles } from '../../dist/index.js';
import { check } from '../cli/printed-documents.js';
import { smug } from '../cli/smug.js';
import { convolutionModel, picture as image, unscaled as preprocess } from '../explainers/models.js';
import { randomNumbers } from '../support/random-numbers.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const options = { preprocess, topK: 20, gamma: 0.3 };

test('the best crop is that of all crops, though large ones are not asked about', async (t) => {
  const next = randomNumbers(11);
  const form = { height: 20, width: 30 };
  const crops = gridBoxes(form);
  let asked = 0;
  for (let round = 0; round < 30; round++) {
    // Few values, so that some scores are equal: of those the first counts.
    const confidence = new Map(crops.map((crop) => [crop, Math.ceil(next() * 4) / 4]));
    const confidences = async (some: readonly Crop[]) => {
      asked += some.length;
      return some.map((crop) => confidence.get(crop)!);
    };
    const scores = crops.map((crop) => cropScore(crop, confidence.get(crop)!, form));
    const least = Math.min(...scores);
    const { crop, score } = await bestCrop(crops, form, confidences);
    t.is(score, least);
    t.is(crop, crops[scores.indexOf(least)]);
  }
  t.true(asked < (30 * crops.length) / 2);
});

test('opt-box has the lowest metric of all boxes of its grid', async (t) => {
  const { methods } = await compareMethods(convolutionModel(), image, {
    preprocess,
    methods: ['opt-box', 'max-box', 'center-box'],
  });
  const lsc = methods.map((one) => ('error' in one ? NaN : one.lsc));
  t.true(lsc[0] <= lsc[1]);
  const [best] = methods;
  t.true(!('error' in best) && best.kept!.some((pixel) => pixel === 1));
});

test('methods side by side: every one measured, one that cannot run says why, one picture and one document', async (t) => {
  const comparison = await compareMethods(convolutionModel(), image, options);
  const document = comparison.toJSON();
  check('comparison', JSON.parse(JSON.stringify(document)));
  for (const one of document.methods) {
    if ('error' in one) {
      t.fail(`${one.method}: ${one.error.message}`);
      continue;
    }
    const { box } = one;
    t.true(box.left >= 0 && box.right <= 9 && box.top >= 0 && box.bottom <= 7 && box.right > box.left);
    t.true(Number.isFinite(one.lsc));
  }
  const folder = temporaryFolder('compare');
  const [sheet, json] = await writeComparisonFiles(comparison, folder, { name: 'x' });
  check('comparison', JSON.parse(await readFile(json, 'utf8')));
  const { width, height } = await sharp(sheet).metadata();
  t.true(width >= 4 * 256 && height > 2 * 256);
  const partly = await compareMethods(convolutionModel(), image, {
    ...options,
    methods: ['max-box', 'smug'],
  });
  t.deepEqual(
    partly.toJSON().methods.map(({ method }) => method),
    ['max-box', 'smug'],
  );
});

test('a box of the input lies where the network looks', (t) => {
  const viewport = {
    ...{ x: 10, y: -5, width: 20, height: 40, inputWidth: 4, inputHeight: 8 },
    ...{ originalWidth: 40, originalHeight: 30 },
  };
  // Input pixel (u, v) covers 5×5 original pixels; the picture is drawn at half its size and cuts what lies outside.
  t.deepEqual(boxOnPicture({ left: 1, top: 0, right: 3, bottom: 3 }, viewport, { width: 20, height: 15 }), {
    left: 8,
    top: 0,
    right: 13,
    bottom: 5,
  });
});

test('smug explain --method on images writes pictures, scores and a document of its own', async (t) => {
  const folder = temporaryFolder('rating');
  const words = [
    'explain',
    'examples/digits/3.png',
    '--model',
    'builtin:mnist-cnn',
    '--json',
    '--out',
    folder,
  ];
  const scored = await smug([...words, '--method', 'integrated-gradients']);
  t.is(scored.code, 0);
  const [rating] = JSON.parse(scored.stdout).results;
  t.is(rating.kept, null);
  t.true(rating.attribution.completenessError <= 0.01);
  t.deepEqual(
    rating.files.map((file: string) => file.slice(folder.length + 1)),
    ['heatmap.png', 'npy', 'json'].map((ending) => `3.integrated-gradients.${ending}`),
  );
  const chosen = await smug([...words, '--method', 'center-box']);
  const [box] = JSON.parse(chosen.stdout).results;
  t.true(Math.abs(box.kept.share - 0.5) < 0.02);
  t.true(box.files.some((file: string) => file.endsWith('.center-box.overlay.png')));
  const wrong = await smug([...words, '--method', 'sis']);
  t.is(wrong.code, 1);
  t.regex(wrong.stdout + wrong.stderr, /method must be one of images: smug, smug-base/);
});

test('smug compare: JSON as declared; a failed image is listed and stops no other', async (t) => {
  const folder = temporaryFolder('compare');
  const { code, stdout } = await smug([
    ...['compare', 'examples/digits/3.png', join(folder, 'none.png'), 'examples/digits/7.png', '--json'],
    ...['--model', 'builtin:mnist-cnn', '--methods', 'grad-cam,max-box', '--out', folder],
  ]);
  t.is(code, 1);
  const { results } = JSON.parse(stdout);
  t.deepEqual(
    results.map(({ error }: { error?: { code: string } }) => error?.code),
    [undefined, 'FILE_NOT_FOUND', undefined],
  );
  t.true(results[2].files[0].endsWith('7.compare.png'));
  for (const flag of ['--against', '--disjoint', '--reference']) {
    const asked = await smug([
      ...[
        'compare',
        'examples/digits/3.png',
        '--model',
        'builtin:mnist-fc',
        '--methods',
        'max-box',
        '--json',
        flag,
        '4',
      ],
    ]);
    t.deepEqual([asked.code, asked.stdout], [2, '']);
    t.regex(asked.stderr, new RegExp(`${flag.slice(2)} must be left out here: it is of single explanations`));
  }
  const usage = await smug(['compare', 'x.png', '--model', 'builtin:mnist-cnn', '--methods', 'magic']);
  t.is(usage.code, 2);
  t.regex(usage.stderr, /--methods must be some of smug/);
});

test('files of a rating say in their legend what was chosen', async (t) => {
  const rated = await rateImage(convolutionModel(), image, 'smug-base', options);
  const folder = temporaryFolder('rating');
  const files = await writeImageRatingFiles(rated, folder, { name: 'x', plain: true });
  t.deepEqual(
    files.map((file) => file.slice(folder.length + 1)),
    ['x.smug-base.overlay.png', 'x.smug-base.heatmap.png', 'x.smug-base.npy', 'x.smug-base.json'],
  );
  const { width, height } = await sharp(files[0]).metadata();
  t.deepEqual([width, height], [9, 7]);
  check('image-rating', JSON.parse(await readFile(files[3], 'utf8')));
});
