import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { gridBoxes } from '../../dist/explainers/image/boxes.js';
import { bestCrop, cropConfidences, type Crop } from '../../dist/explainers/image/crops.js';
import { imageTask } from '../../dist/explainers/image/rate-image.js';
import { screenedBestCrop } from '../../dist/explainers/image/screened-crops.js';
import { loadModel } from '../../dist/index.js';
import { settingsFor } from '../../dist/api/options.js';
import { readModelImage } from '../../dist/model/model-image.js';
import { bf16 } from '../support/cpu-here.js';
import { sharedData, testWith } from '../support/needs.js';
import { randomNumbers } from '../support/random-numbers.js';
import { sharedFolder } from '../support/shared-data.js';

test('rough probabilities screen, precise ones decide: the best crop is that of all crops, at a fraction of the questions', async (t) => {
  const next = randomNumbers(23);
  const form = { height: 224, width: 224 };
  const crops = gridBoxes(form);
  let asked = 0;
  const rounds = 40;
  for (let round = 0; round < rounds; round++) {
    // Neighbouring boxes have much in common, as on photographs; a few values are equal.
    const [x, y, size] = [next() * 224, next() * 224, 40 + next() * 150];
    const confidence = ({ left, top, right, bottom }: Crop) => {
      const off =
        Math.abs((left + right) / 2 - x) + Math.abs((top + bottom) / 2 - y) + Math.abs(right - left - size);
      return Math.round(1000 * Math.exp(-off / 120)) / 1000;
    };
    const noise = [0, 0.01, 0.05, 0.2][round % 4];
    const precise = async (some: readonly Crop[]) => {
      asked += some.length;
      return some.map(confidence);
    };
    const rough = async (some: readonly Crop[]) =>
      some.map((crop) => confidence(crop) * Math.exp(noise * (2 * next() - 1)));
    const expected = await bestCrop(crops, form, async (some) => some.map(confidence));
    t.deepEqual(await screenedBestCrop(crops, form, precise, rough), expected);
  }
  t.true(asked < (rounds * crops.length) / 4, `${asked / rounds} of ${crops.length} asked`);
});

test('rough probabilities that say nothing change nothing: all are asked about', async (t) => {
  const next = randomNumbers(5);
  const form = { height: 50, width: 40 };
  const crops = gridBoxes(form);
  const known = new Map(crops.map((crop) => [crop, next()]));
  const precise = async (some: readonly Crop[]) => some.map((crop) => known.get(crop)!);
  const expected = await bestCrop(crops, form, precise);
  for (const value of [0, 1e-30, 0.5, 1])
    t.deepEqual(
      await screenedBestCrop(crops, form, precise, async (some) => some.map(() => value)),
      expected,
    );
});

const onPhotographs = testWith(sharedData, bf16);

onPhotographs('OptBox in bfloat16 first: the box of float32 alone, on a photograph', async (t) => {
  const source = join(sharedFolder, 'models', 'squeezenet1.1');
  const [open, chosen] = [
    await loadModel(source, { engine: 'cpu' }),
    await loadModel(source, { engine: 'cpu', precision: 'f32' }),
  ];
  const settings = settingsFor(['explain', 'image', 'hide'], {});
  const folder = join(sharedFolder, 'images', 'imagenet-sample');
  const photographs = readdirSync(folder).filter((name) => name.endsWith('.jpg'));
  const name = photographs[7];
  const image = await readModelImage(open, join(folder, name), settings);
  const task = await imageTask(open, image, settings);
  const rough = (await open.compileRougher(task.graph))!;
  t.is(await chosen.compileRougher(task.graph), null, 'a precision that was chosen stands');
  const form = image.baselines;
  const crops = gridBoxes(form).filter((_, at) => at % 4 === 0);
  let asked = 0;
  const precise = (some: readonly Crop[]) => {
    asked += some.length;
    return cropConfidences(task, some);
  };
  const expected = await bestCrop(crops, form, (some) => cropConfidences(task, some));
  const found = await screenedBestCrop(crops, form, precise, (some) =>
    cropConfidences({ ...task, network: rough }, some),
  );
  t.deepEqual(found, expected);
  t.log(`${name}: ${asked} of ${crops.length} boxes confirmed`);
  t.true(asked < crops.length / 2);
  open.dispose();
  chosen.dispose();
});
