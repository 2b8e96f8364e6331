import test from 'ava';
import { preprocessImage } from '../../dist/input/preprocess.js';
import { readPreprocessor } from '../../dist/input/preprocessor.js';
import { resample } from '../../dist/input/resample.js';
import { originalBox } from '../../dist/input/viewport.js';
import { randomNumbers } from '../support/random-numbers.js';

const picture = (
  width: number,
  height: number,
  channels: 1 | 3,
  pixel: (x: number, y: number, c: number) => number,
) => ({
  width,
  height,
  channels,
  data: Uint8Array.from({ length: width * height * channels }, (_, at) =>
    pixel(Math.floor(at / channels) % width, Math.floor(at / channels / width), at % channels),
  ),
});
const first = { shape: [1, 3, -1, -1], layout: 'channels-first' } as const;

test('the steps in their order: flip before normalise, so the mean is in the order the network sees', async (t) => {
  const preprocessor = readPreprocessor({
    do_resize: false,
    do_center_crop: false,
    do_rescale: true,
    rescale_factor: 0.5,
    do_flip_channel_order: true,
    do_normalize: true,
    image_mean: [1, 2, 3],
    image_std: [1, 10, 100],
  });
  const { tensor, black, white } = await preprocessImage(
    picture(1, 1, 3, (_, __, c) => [100, 60, 20][c]),
    preprocessor,
    first,
  );
  t.deepEqual(tensor.shape, [1, 3, 1, 1]);
  // blue, green, red: (20/2 − 1)/1, (60/2 − 2)/10, (100/2 − 3)/100
  t.deepEqual([...tensor.data], [9, 2.8, 0.47].map(Math.fround));
  t.deepEqual(black, [-1, -0.2, -0.03].map(Math.fround));
  t.deepEqual(white, [126.5, 12.55, 1.245].map(Math.fround));
});

test('grey networks get luma, colour networks grey on all channels, in either layout', async (t) => {
  const plain = readPreprocessor({ do_resize: false, do_rescale: false, do_normalize: false });
  const colour = picture(2, 1, 3, (x, _, c) => (x === 0 ? [255, 0, 0][c] : [0, 0, 255][c]));
  const grey = await preprocessImage(colour, plain, { shape: [1, 1, 1, 2], layout: 'channels-first' });
  // ITU-R 601: 0.299 R + 0.587 G + 0.114 B
  t.deepEqual([...grey.tensor.data], [76, 29]);
  const spread = await preprocessImage(
    picture(2, 1, 1, (x) => 10 + x),
    plain,
    { shape: [1, 1, 2, 3], layout: 'channels-last' },
  );
  t.deepEqual([...spread.tensor.data], [10, 10, 10, 11, 11, 11]);
});

test('resize to the shorter edge, centre crop, and where that lies in the original', async (t) => {
  const preprocessor = readPreprocessor({
    do_resize: true,
    size: { shortest_edge: 20 },
    do_center_crop: true,
    crop_size: { height: 10, width: 10 },
    do_rescale: false,
    do_normalize: false,
  });
  const { tensor, viewport } = await preprocessImage(
    picture(80, 40, 3, (x) => x),
    preprocessor,
    first,
  );
  t.deepEqual(tensor.shape, [1, 3, 10, 10]);
  // 80×40 → 40×20; columns 15…25 and rows 5…15 of that are columns 30…50 and rows 10…30 of the original.
  t.deepEqual(originalBox(viewport, 0, 0, 10, 10), { x: 30, y: 10, width: 20, height: 20 });
  // Column u of the crop is the mean around original column 30 + 2u + 0.5.
  for (let u = 0; u < 10; u++) t.true(Math.abs(tensor.data[u] - (30 + 2 * u + 0.5)) <= 0.5);
});

/**
 * The definition of antialiased resampling, in float64: each output sample is the mean of the input under the
 * kernel, stretched by the reduction, centred on the sample, and normalised.
 */
function resampledLine(line: number[], to: number, support: number, weight: (x: number) => number): number[] {
  const scale = line.length / to;
  const stretch = Math.max(1, scale);
  return Array.from({ length: to }, (_, at) => {
    const centre = (at + 0.5) * scale;
    let sum = 0;
    let total = 0;
    for (let i = 0; i < line.length; i++) {
      const x = (i + 0.5 - centre) / stretch;
      if (Math.abs(x) > support) continue;
      sum += weight(x) * line[i];
      total += weight(x);
    }
    return sum / total;
  });
}

test('bilinear and bicubic resampling equal their definition, up and down', (t) => {
  const next = randomNumbers(2);
  const cubic = (x: number) => {
    const d = Math.abs(x);
    return d < 1 ? 1.5 * d ** 3 - 2.5 * d ** 2 + 1 : d < 2 ? -0.5 * d ** 3 + 2.5 * d ** 2 - 4 * d + 2 : 0;
  };
  for (const [filter, support, weight] of [
    ['bilinear', 1, (x: number) => Math.max(0, 1 - Math.abs(x))],
    ['bicubic', 2, cubic],
  ] as const) {
    for (const [from, to] of [
      [30, 12],
      [12, 30],
      [7, 7],
      [100, 3],
      [1, 4],
    ]) {
      const line = Array.from({ length: from }, () => Math.floor(next() * 256));
      const image = picture(from, 1, 1, (x) => line[x]);
      const result = resample(image, filter, to, 1);
      const expected = resampledLine(line, to, support, weight).map((value) =>
        Math.min(255, Math.max(0, value)),
      );
      // Bytes: half a unit of rounding, and the table of weights is kept in 22 bits.
      expected.forEach((value, at) =>
        t.true(Math.abs(result.data[at] - value) <= 0.51, `${filter} ${from}→${to}`),
      );
    }
  }
});

test('declarations that make no sense are refused by field', (t) => {
  for (const [declaration, field] of [
    [{ do_normalize: true, image_mean: [0, 0, 0], image_std: [1, 0, 1] }, 'image_std'],
    [{ do_normalize: true, image_mean: [0, NaN, 0], image_std: [1, 1, 1] }, 'image_mean'],
    [{ do_resize: true, size: -1 }, 'size'],
    [{ do_resize: true, size: { height: 1e6, width: 10 } }, 'size'],
    [{ do_rescale: true, rescale_factor: Infinity }, 'rescale_factor'],
    [{ do_resize: true, size: 224, resample: 9 }, 'resample'],
    [{ do_resize: 'yes' }, 'do_resize'],
  ] as const) {
    const error = t.throws(() => readPreprocessor(declaration, 'p.json', 'BAD_MODEL'), { code: 'BAD_MODEL' });
    t.true(error!.message.includes(field) && error!.message.includes('p.json'), error!.message);
  }
  for (const declaration of [null, [], 'x'])
    t.throws(() => readPreprocessor(declaration), { code: 'BAD_OPTION' });
});
