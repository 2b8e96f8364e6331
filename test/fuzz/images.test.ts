import { crc32, deflateSync, inflateSync } from 'node:zlib';
import test from 'ava';
import sharp from 'sharp';
import { decodeImage } from '../../dist/input/decode.js';
import { SmugError } from '../../dist/errors.js';
import { randomNumbers } from '../support/random-numbers.js';

const COUNT = process.env.SMUG_FUZZ === 'full' ? 5000 : 500;
/** A hang, on a busy machine. */
const MAX_MS = 10_000;
const BATCH = 50;

const seed = sharp(
  Uint8Array.from({ length: 48 * 40 * 3 }, (_, at) => (at * at) % 253),
  { raw: { width: 48, height: 40, channels: 3 } },
);

/** Bytes overwritten, flipped, cut out, doubled or cut off, as broken disks and hostile senders do. */
function mutated(bytes: Buffer, next: () => number): Buffer {
  let result = Buffer.from(bytes);
  const anywhere = () => Math.floor(next() * result.length);
  for (let change = 0; change < 1 + next() * 6; change++) {
    const kind = next();
    if (result.length === 0) break;
    if (kind < 0.5) result[anywhere()] = Math.floor(next() * 256);
    else if (kind < 0.7) result[anywhere()] ^= 1 << Math.floor(next() * 8);
    else if (kind < 0.8) result = result.subarray(0, anywhere());
    else if (kind < 0.9) {
      const at = anywhere();
      result = Buffer.concat([result.subarray(0, at), result.subarray(at + Math.floor(next() * 20))]);
    } else {
      const at = anywhere();
      result = Buffer.concat([result.subarray(0, at), result.subarray(at, at + 30), result.subarray(at)]);
    }
  }
  return result;
}

/** Makes the checksums of a PNG's chunks right again, so that every second file gets past them to the decoder. */
function withChecksums(bytes: Buffer): Buffer {
  for (let at = 8; at + 12 <= bytes.length;) {
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length) break;
    bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, end)), end);
    at = end + 4;
  }
  return bytes;
}

/** Breaks a PNG's filtered scanlines before they are packed, so that the unpacked data reaches the unfiltering. */
function withBrokenLines(bytes: Buffer, next: () => number): Buffer {
  const at = bytes.indexOf('IDAT') - 4;
  const end = at + 12 + bytes.readUInt32BE(at);
  const data = deflateSync(mutated(inflateSync(bytes.subarray(at + 8, end - 4)), next));
  const chunk = Buffer.concat([Buffer.alloc(4), Buffer.from('IDAT'), data, Buffer.alloc(4)]);
  chunk.writeUInt32BE(data.length, 0);
  const file = Buffer.concat([bytes.subarray(0, at), chunk, bytes.subarray(end)]);
  // Every fourth also claims other sides, depth, colour type or interlacing than the lines have.
  if (next() < 0.25) file[16 + Math.floor(next() * 13)] = Math.floor(next() * 17);
  return withChecksums(file);
}

for (const [format, encode] of [
  ['PNG', () => seed.clone().png().toBuffer()],
  ['JPEG', () => seed.clone().jpeg().toBuffer()],
  ['WebP', () => seed.clone().webp().toBuffer()],
] as const) {
  test.serial(`${COUNT} mutated ${format} files decode or end in one BAD_IMAGE error`, async (t) => {
    const bytes = await encode();
    const next = randomNumbers(format.length);
    let refused = 0;
    for (let start = 0; start < COUNT; start += BATCH) {
      const began = performance.now();
      await Promise.all(
        Array.from({ length: BATCH }, async () => {
          const kind = format === 'PNG' ? next() : 1;
          const file =
            kind < 0.4
              ? withBrokenLines(bytes, next)
              : kind < 0.7
                ? withChecksums(mutated(bytes, next))
                : mutated(bytes, next);
          try {
            const image = await decodeImage(file);
            if (image.data.length !== image.width * image.height * image.channels)
              t.fail('wrong number of pixels');
          } catch (error) {
            refused++;
            if (!(error instanceof SmugError) || error.code !== 'BAD_IMAGE')
              t.fail(String((error as Error).stack));
          }
        }),
      );
      if (performance.now() - began > MAX_MS) t.fail(`${BATCH} files took ${performance.now() - began} ms`);
    }
    t.log(`${COUNT - refused} decoded, ${refused} refused`);
    t.true(refused > 0 && refused < COUNT);
  });
}
