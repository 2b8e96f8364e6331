// Pictures for people say what they show, outside the image; also on a machine without fonts.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { explainImage, loadModel, writeExplanationFiles } from '../../dist/index.js';
import { withLegend } from '../../dist/reports/legend.js';
import { lettering } from '../../dist/reports/lettering.js';
import { pictureLegends } from '../../dist/reports/picture-legends.js';
import { check } from '../cli/printed-documents.js';
import { projectRoot, smug } from '../cli/smug.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const folder = () => temporaryFolder('legends');
const grey = (side: number) => ({
  width: side,
  height: side,
  channels: 1 as const,
  data: new Uint8Array(side * side).fill(77),
});

test('a legend lies below the image, whose pixels stay as they are', async (t) => {
  const entries = [
    'Class a & b <c>',
    { colour: [230, 159, 0], text: 'every' },
    { scale: ['0', 'most'] },
  ] as const;
  for (const side of [100, 300, 900]) {
    const { width, height, channels, data } = await withLegend(grey(side), entries);
    t.is(width, Math.max(240, side));
    t.is(channels, 3);
    t.true(height > side + 40 && height < side + 200);
    const left = Math.floor((width - side) / 2);
    for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) t.is(data[3 * (y * width + left + x)], 77);
    const band = data.subarray(3 * width * side);
    t.true(band.includes(232), 'letters');
    t.true(
      band.some((value, at) => value === 230 && band[at + 1] === 159 && band[at + 2] === 0),
      'swatch',
    );
  }
});

test('long words break, empty ones take no room, other scripts are set', async (t) => {
  const short = await lettering('Class 3', 12, 200);
  const long = await lettering('W'.repeat(200), 12, 200);
  t.true(long.height > 5 * short.height && long.width <= 202);
  t.is((await lettering(' ', 12, 200)).height, 0);
  t.true((await lettering('Größe γ ≥ Ж', 12, 200)).data.some((ink) => ink > 200));
});

test('letters are the same on a machine without fonts', async (t) => {
  const home = folder();
  const conf = join(home, 'none.conf');
  writeFileSync(conf, '<?xml version="1.0"?><fontconfig></fontconfig>');
  const program = `import { lettering } from ${JSON.stringify(new URL('../../dist/reports/lettering.js', import.meta.url).href)};
    const { width, height, data } = await lettering('Class 3 (89.1 %)', 12, 300);
    console.log(width, height, Buffer.from(data).toString('base64'));`;
  const run = (env: NodeJS.ProcessEnv) =>
    spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8', env });
  const bare = run({ ...process.env, FONTCONFIG_FILE: conf });
  t.is(bare.status, 0, bare.stderr);
  const here = await lettering('Class 3 (89.1 %)', 12, 300);
  const [width, height, ink] = bare.stdout.trim().split(' ');
  t.deepEqual([Number(width), Number(height)], [here.width, here.height]);
  // Machines hint and smooth in their own way; boxes in place of letters would differ everywhere.
  const there = Buffer.from(ink, 'base64');
  const apart = here.data.reduce((sum, value, at) => sum + Math.abs(value - there[at]), 0) / there.length;
  t.true(apart < 12, `${apart}`);
});

test('an explanation: legends on pictures for people, none on the mask and with plain; further masks and regions', async (t) => {
  const model = await loadModel('builtin:mnist-fc');
  // A digit as a large picture, so that its pictures have room for words.
  const image = await sharp(join(projectRoot, 'examples', 'digits', '3.png'))
    .resize(280, 280, { kernel: 'nearest' })
    .png()
    .toBuffer();
  const explanation = await explainImage(model, image, { gamma: 0.3, topK: 20, solutions: 3, core: true });
  model.dispose();
  const legends = pictureLegends(explanation);
  t.regex(legends.overlay[0] as string, /^Class 3 \([0-9.]+ %\)$/);
  t.regex(legends.overlay[1] as string, /^\d+ of 784 pixels kept \([0-9.]+ %\), smallest: proven/);
  const sizes = async (home: string) =>
    Object.fromEntries(
      await Promise.all(
        readdirSync(home)
          .filter((name) => name.endsWith('.png'))
          .map(async (name) => [name, (await sharp(join(home, name)).metadata()).height!] as const),
      ),
    );
  const { viewport } = explanation.drawing;
  t.false(
    legends.overlay.some((line) => /Nearly black/.test(String(line))),
    'all of it is seen',
  );
  const cut = pictureLegends({
    ...explanation,
    drawing: { ...explanation.drawing, viewport: { ...viewport, x: 40, width: 200 } },
  });
  for (const legend of [cut.overlay, cut.core]) t.regex(String(legend.at(-1)), /^Nearly black/);
  const home = folder();
  await writeExplanationFiles(explanation, home, { name: 'd', regions: true });
  const found = await sizes(home);
  t.is(found['d.mask.png'], 280);
  for (const name of ['overlay', 'heatmap', 'core']) t.true(found[`d.${name}.png`] > 320, name);
  t.is(explanation.solution.solutions?.length, 3);
  t.is(found['d.2.overlay.png'], 280);
  t.is(found['d.3.overlay.png'], 280);
  const regions = JSON.parse(readFileSync(join(home, 'd.regions.json'), 'utf8'));
  check('regions', regions);
  t.is(
    regions.features.reduce(
      (sum: number, one: { properties: { cells: number } }) => sum + one.properties.cells,
      0,
    ),
    explanation.mask.size,
  );
  t.deepEqual(regions.picture, { width: 280, height: 280 });
  for (const { geometry } of regions.features)
    for (const ring of geometry.coordinates) t.deepEqual(ring[0], ring.at(-1));
  t.like(await sharp(join(home, 'd.regions.svg')).metadata(), { width: 280, height: 280 });
  const plain = folder();
  await writeExplanationFiles(explanation, plain, { name: 'd', plain: true });
  for (const height of Object.values(await sizes(plain))) t.is(height, 280);
});

test('--contact-sheet puts every image on one sheet, in order', async (t) => {
  const home = folder();
  const digits = [3, 5].map((digit) => join(projectRoot, 'examples', 'digits', `${digit}.png`));
  const sheet = join(home, 'sheet.png');
  const words = [
    'explain',
    ...digits,
    '--model',
    'builtin:mnist-fc',
    '--gamma',
    '0.3',
    '--contact-sheet',
    sheet,
  ];
  const done = await smug([...words, '--jobs', '2']);
  t.is(done.code, 0, done.stderr);
  t.regex(done.stdout, /contact sheet: .*sheet.png/);
  const { width, height } = await sharp(sheet).metadata();
  t.is(width, 12 + 3 * 268);
  t.true(height! > 2 * 256 && height! < 2 * 330);
  // The first row's input is the 3 in whole pixels: 252 of 256, where 28 go in 9 times.
  const alone = folder();
  t.is((await smug([...words.slice(0, 2), ...words.slice(3, -1), join(alone, 's.png')])).code, 0);
  const [both, one] = await Promise.all(
    [sheet, join(alone, 's.png')].map((path) => sharp(path).raw().toBuffer()),
  );
  t.true(both.subarray(0, Math.floor(one.length / 2)).equals(one.subarray(0, Math.floor(one.length / 2))));
  t.is(
    (await smug(['explain', '-', '--lines', '--model', 'builtin:reviews-cnn', '--contact-sheet', sheet]))
      .code,
    2,
  );
});
