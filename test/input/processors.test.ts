import test from 'ava';
import { preprocessImage } from '../../dist/input/preprocess.js';
import { readPreprocessor } from '../../dist/input/preprocessor.js';

const statistics = { do_normalize: true, image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] };
const square = (side: number) => ({ height: side, width: side });

test('ViT as older extractors wrote it: one number is both sides, pixels are scaled', (t) => {
  const read = readPreprocessor({
    ...statistics,
    do_resize: true,
    size: 224,
    feature_extractor_type: 'ViTFeatureExtractor',
  });
  t.deepEqual(read.resize, { to: 'sides', ...square(224) });
  t.is(read.crop, null);
  t.is(read.scale, 1 / 255);
  t.is(read.resample, 'bilinear');
});

test('CLIP: one number is the shorter side, then a crop, bicubic', (t) => {
  const read = readPreprocessor({
    ...statistics, crop_size: 224, do_center_crop: true, do_resize: true, size: 224,
    feature_extractor_type: 'CLIPFeatureExtractor',
  }); // prettier-ignore
  t.deepEqual(read.resize, { to: 'shortest-edge', length: 224 });
  t.deepEqual(read.crop, square(224));
  t.is(read.resample, 'bicubic');
});

test('DeiT squeezes to 256×256 before it crops; LeViT enlarges by 256/224', (t) => {
  const deit = readPreprocessor({
    size: 256,
    crop_size: 224,
    feature_extractor_type: 'DeiTFeatureExtractor',
  });
  t.deepEqual([deit.resize, deit.crop], [{ to: 'sides', ...square(256) }, square(224)]);
  const levit = readPreprocessor({
    size: 224,
    crop_size: 224,
    feature_extractor_type: 'LevitFeatureExtractor',
  });
  t.deepEqual(levit.resize, { to: 'shortest-edge', length: 256 });
});

test('ConvNeXt: crop_pct below 384, squeezing from there on', (t) => {
  const type = { image_processor_type: 'ConvNextImageProcessor' };
  const small = readPreprocessor({ ...statistics, ...type, size: { shortest_edge: 224 }, crop_pct: 0.875 });
  t.deepEqual([small.resize, small.crop], [{ to: 'shortest-edge', length: 256 }, square(224)]);
  t.deepEqual(readPreprocessor({ ...type, size: 224 }), { ...small, normalize: null });
  const large = readPreprocessor({ ...type, size: { shortest_edge: 384 } });
  t.deepEqual([large.resize, large.crop], [{ to: 'sides', ...square(384) }, null]);
  // 224 / 0.95 = 235.79, cut to an integer
  const other = readPreprocessor({ ...type, size: 224, crop_pct: 0.95 });
  t.deepEqual(other.resize, { to: 'shortest-edge', length: 235 });
});

test('EfficientNet: an offset after scaling, and the standard deviation twice', (t) => {
  const read = readPreprocessor({
    image_processor_type: 'EfficientNetImageProcessor', size: { height: 600, width: 600 }, do_center_crop: false,
    rescale_factor: 1 / 127.5, rescale_offset: true, include_top: true,
    do_normalize: true, image_mean: [0, 0, 0], image_std: [0.5, 0.25, 2],
  }); // prettier-ignore
  t.deepEqual([read.scale, read.shift, read.resample], [1 / 127.5, -1, 'nearest']);
  t.deepEqual(read.normalize!.std, [0.25, 0.0625, 4]);
});

test('MobileViT sees blue first and is not normalised', (t) => {
  const read = readPreprocessor({
    feature_extractor_type: 'MobileViTFeatureExtractor', size: 288, crop_size: 256, do_flip_channel_order: true,
  }); // prettier-ignore
  t.true(read.flipChannels);
  t.is(read.normalize, null);
  t.deepEqual(read.resize, { to: 'shortest-edge', length: 288 });
});

test("fields that say nothing about numbers are passed over; other processors' steps are not", (t) => {
  t.notThrows(() =>
    readPreprocessor({
      size: 8,
      processor_class: 'X',
      do_convert_rgb: true,
      data_format: 'channels_first',
      do_pad: false,
      crop_pct: null,
    }),
  );
  for (const field of [{ do_pad: true }, { do_thumbnail: true }, { window_size: 3 }]) {
    t.throws(() => readPreprocessor({ size: 8, ...field }), {
      code: 'BAD_OPTION',
      message: new RegExp(Object.keys(field)[0]),
    });
  }
});

test('a number as size with a crop and no processor named is ambiguous, and said so', (t) => {
  const error = t.throws(() => readPreprocessor({ size: 256, crop_size: 224 }), { code: 'BAD_OPTION' });
  t.regex(error!.message, /shortest_edge/);
});

const grey = (width: number, height: number, value = 200) => ({
  width, height, channels: 3 as const, data: new Uint8Array(width * height * 3).fill(value),
}); // prettier-ignore
const anySize = { shape: [-1, 3, -1, -1], layout: 'channels-first' } as const;

test('a crop larger than the picture is padded with black before scaling', async (t) => {
  const read = readPreprocessor({ do_resize: false, crop_size: { height: 4, width: 7 }, ...statistics });
  const { tensor, viewport } = await preprocessImage(grey(4, 4), read, anySize);
  t.deepEqual(tensor.shape, [1, 3, 4, 7]);
  const value = Math.fround((200 / 255 - 0.5) / 0.5);
  // Three columns are missing: two of them before, one after.
  t.deepEqual([...tensor.data.subarray(0, 7)], [-1, -1, value, value, value, value, -1]);
  t.like(viewport, { x: -2, y: 0, width: 7, height: 4 });
});

test('what does not fit the model is an error with both sizes', async (t) => {
  const read = readPreprocessor({ size: { height: 10, width: 20 } });
  const misfit = { shape: [1, 3, 12, 20], layout: 'channels-first' } as const;
  await t.throwsAsync(preprocessImage(grey(5, 5), read, misfit), {
    code: 'BAD_INPUT',
    message: /20×10.*20×12/,
  });
  const many = { shape: [1, 4, 10, 20], layout: 'channels-first' } as const;
  await t.throwsAsync(preprocessImage(grey(5, 5), read, many), { code: 'BAD_INPUT', message: /4 channels/ });
  const huge = readPreprocessor({ size: { shortest_edge: 16_000 } });
  await t.throwsAsync(preprocessImage(grey(4, 1), huge, anySize), {
    code: 'BAD_INPUT',
    message: /64000×16000/,
  });
});

test('a very long picture needs memory only for the part that is cropped', async (t) => {
  const read = readPreprocessor({
    size: { shortest_edge: 256 },
    crop_size: 224,
    do_center_crop: true,
    image_processor_type: 'BitImageProcessor',
  });
  const { viewport } = await preprocessImage(grey(100_000, 2), read, anySize);
  t.is(viewport.width, (224 * 2) / 256);
});

test('while a large picture is resized others have their turn, a quarter of a million pixels later at the latest', async (t) => {
  const read = readPreprocessor({ size: { height: 224, width: 224 } });
  const pixels = 4000 * 3000;
  let turns = 0;
  let turn = setImmediate(function next() {
    turns++;
    turn = setImmediate(next);
  });
  const { tensor } = await preprocessImage(grey(4000, 3000), read, anySize);
  clearImmediate(turn);
  t.true(turns >= Math.floor(pixels / 2 ** 18), `${turns} turns`);
  t.is(new Set(tensor.data).size, 1);
});
