import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import sharp from 'sharp';
import { decodeImage } from '../../dist/input/decode.js';
import { projectRoot, runNode } from '../cli/smug.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** 3×2 pixels of clear colours. */
const colours = [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 0, 0, 255, 255, 255, 0, 255];
const small = (channels: 1 | 3 | 4, data: number[]) =>
  sharp(Uint8Array.from(data), { raw: { width: 3, height: 2, channels } });

test('PNG and lossless WebP come out byte for byte', async (t) => {
  for (const encode of [small(3, colours).png(), small(3, colours).webp({ lossless: true })]) {
    const image = await decodeImage(await encode.toBuffer());
    t.like(image, { width: 3, height: 2, channels: 3 });
    t.deepEqual([...image.data], colours);
  }
});

test('a JPEG is close to what was stored', async (t) => {
  const flat = Array.from({ length: 18 }, (_, at) => [200, 100, 50][at % 3]);
  const image = await decodeImage(await small(3, flat).jpeg({ quality: 100 }).toBuffer());
  t.true(image.data.every((value, at) => Math.abs(value - flat[at]) <= 2));
});

test('grey stays one channel; palettes become colours; 16 bits become 8', async (t) => {
  const grey = await decodeImage(
    await small(1, [0, 50, 100, 150, 200, 250]).toColourspace('b-w').png().toBuffer(),
  );
  t.is(grey.channels, 1);
  t.deepEqual([...grey.data], [0, 50, 100, 150, 200, 250]);
  const palette = await decodeImage(await small(3, colours).png({ palette: true, colours: 8 }).toBuffer());
  t.deepEqual([...palette.data], colours);
  const deep = Uint16Array.from(colours, (value) => value * 257);
  const sixteen = sharp(deep, { raw: { width: 3, height: 2, channels: 3 } })
    .toColourspace('rgb16')
    .png();
  const image = await decodeImage(await sixteen.toBuffer());
  t.is(image.data.BYTES_PER_ELEMENT, 1);
  t.deepEqual([...image.data], colours);
});

test('alpha is dropped, not blended, as Pillow\'s convert("RGB") does', async (t) => {
  const withAlpha = colours.flatMap((value, at) => (at % 3 === 2 ? [value, 40 * at] : [value])).slice(0, 24);
  const image = await decodeImage(await small(4, withAlpha).png().toBuffer());
  t.is(image.channels, 3);
  t.deepEqual([...image.data], colours);
});

test('CMYK becomes RGB', async (t) => {
  const cmyk = await small(3, colours)
    .toColourspace('cmyk')
    .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
    .toBuffer();
  t.is((await sharp(cmyk).metadata()).space, 'cmyk');
  const image = await decodeImage(cmyk);
  t.like(image, { width: 3, height: 2, channels: 3 });
});

test('EXIF orientation turns the picture upright, all eight ways', async (t) => {
  for (let orientation = 1; orientation <= 8; orientation++) {
    const file = await small(3, colours).withMetadata({ orientation }).png().toBuffer();
    const expected = await sharp(file).rotate().removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const image = await decodeImage(file);
    t.deepEqual(
      [image.width, image.height],
      [expected.info.width, expected.info.height],
      `orientation ${orientation}`,
    );
    t.deepEqual(Buffer.from(image.data), expected.data);
  }
});

test('raw pixels are checked: sizes, lengths, NaN, range', async (t) => {
  const good = { width: 3, height: 2, channels: 3 as const, data: Uint8Array.from(colours) };
  t.deepEqual([...(await decodeImage(good)).data], colours);
  const bad = [
    { ...good, width: 0 },
    { ...good, height: 2.5 },
    { ...good, width: 2 ** 40 },
    { ...good, data: good.data.subarray(1) },
    { ...good, channels: 2 as 3 },
    { ...good, data: Float32Array.from(colours).fill(NaN, 3, 4) },
    { ...good, data: Float32Array.from(colours).fill(Infinity, 3, 4) },
    { ...good, data: Float32Array.from(colours).fill(-1, 3, 4) },
  ];
  for (const image of bad) await t.throwsAsync(decodeImage(image), { code: 'BAD_IMAGE' });
  await t.throwsAsync(decodeImage(5 as never), { instanceOf: TypeError, message: /image/ });
});

test('every bad file ends in one error that names it and the cause', async (t) => {
  const folder = temporaryFolder('images');
  const file = (name: string, bytes: Uint8Array | string) => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  const png = await sharp({ create: { width: 64, height: 64, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, at) => (at * 7919) % 251);
  const jpeg = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
    .jpeg()
    .toBuffer();
  const huge = Buffer.from(png);
  huge.writeUInt32BE(900_000, 16);
  huge.writeUInt32BE(900_000, 20);
  for (const [path, code] of [
    [join(folder, 'gone.png'), 'FILE_NOT_FOUND'],
    [folder, 'BAD_IMAGE'],
    [file('empty.png', ''), 'BAD_IMAGE'],
    [file('text.png', 'not an image at all'), 'BAD_IMAGE'],
    [file('drawing.svg', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), 'BAD_IMAGE'],
    [file('cut.png', png.subarray(0, png.length - 40)), 'BAD_IMAGE'],
    [file('cut.jpg', jpeg.subarray(0, jpeg.length >> 1)), 'BAD_IMAGE'],
    [file('huge.png', huge), 'BAD_IMAGE'],
  ] as const) {
    const error = await t.throwsAsync(decodeImage(path), { code });
    t.true(error!.message.includes(path), error!.message);
  }
});

test('100 megapixels are read in bounded memory', async (t) => {
  const folder = temporaryFolder('large');
  const path = join(folder, 'large.jpg');
  await sharp({
    create: { width: 12_000, height: 8_400, channels: 3, background: { r: 10, g: 120, b: 240 } },
    limitInputPixels: false,
  })
    .jpeg()
    .toFile(path);
  // 302 MB of pixels if they lay in memory at once; peak memory is the process's own, so in a child.
  const script = `
    import { decodeImage } from ${JSON.stringify(join(projectRoot, 'dist', 'input', 'decode.js'))};
    const before = process.resourceUsage().maxRSS;
    const image = await decodeImage(${JSON.stringify(path)});
    console.log(JSON.stringify({ ...image, data: image.data.length, grown: process.resourceUsage().maxRSS - before }));`;
  const { code, stdout, stderr } = await runNode(['--input-type=module', '-e', script]);
  t.is(code, 0, stderr);
  const image = JSON.parse(stdout);
  t.deepEqual(image.original, { width: 12_000, height: 8_400 });
  t.true(image.width * image.height <= 2 ** 24);
  t.true(image.grown < 250_000, `${image.grown} kB`);
});
