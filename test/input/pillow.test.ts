import { createHash } from 'node:crypto';
import test from 'ava';
import { preprocessImage } from '../../dist/input/preprocess.js';
import { readPreprocessor } from '../../dist/input/preprocessor.js';
import { RESAMPLING_FILTERS, resample } from '../../dist/input/resample.js';

const [width, height] = [97, 61];
/** Exact in integers and in doubles, so that any language draws the same picture. */
const pattern = (at: number) => (at * at * 7 + at * 13 + Math.floor(at / 97)) % 256;
const image = {
  width,
  height,
  channels: 3 as const,
  data: Uint8Array.from({ length: width * height * 3 }, (_, at) => pattern(at)),
};
const print = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

// SHA-256 (first 16 digits) of Pillow 11.3's `Image.resize` of that picture, as hashlib gives them.
const sizes = [[40, 33], [150, 70], [97, 20], [1, 1]]; // prettier-ignore
const pillow: Record<(typeof RESAMPLING_FILTERS)[number], string[]> = {
  nearest: ['8cd3982ba57ef18c', '854451d19e9ae064', 'dd50601cd7030686', '8388569182a64128'],
  lanczos: ['64a9f895a3de19c9', 'ae4cc543adff620f', 'a5c98b0088239131', '5ee0482179b22382'],
  bilinear: ['e1e67a99462c1262', '4164a84fd00190de', 'b8e82157b3ce01a8', '5ee0482179b22382'],
  bicubic: ['154a51c43232d326', '533e23136ce3a1a5', 'adf4f234d958a41e', '4ac5fe6b86e178f6'],
  box: ['6c8ca1ffc09356dc', '854451d19e9ae064', '4a39dcf8e2a2593c', '4ac5fe6b86e178f6'],
  hamming: ['70fe9ea11fad80d8', '5f8b1a33049017ca', '82675898aa79eebf', '5ee0482179b22382'],
};

for (const filter of RESAMPLING_FILTERS) {
  test(`${filter} resizes to the same bytes as Pillow, in whole and in windows`, (t) => {
    sizes.forEach(([w, h], at) => {
      const whole = resample(image, filter, w, h);
      t.is(print(whole.data as Uint8Array), pillow[filter][at], `${w}×${h}`);
      const columns = { first: Math.floor(w / 3), count: Math.ceil(w / 2) };
      const rows = { first: Math.floor(h / 4), count: Math.ceil(h / 3) };
      const part = resample(image, filter, w, h, columns, rows);
      for (let y = 0; y < rows.count; y++) {
        const from = ((y + rows.first) * w + columns.first) * 3;
        const line = part.data.subarray(y * columns.count * 3, (y + 1) * columns.count * 3);
        t.deepEqual(line, whole.data.subarray(from, from + columns.count * 3));
      }
    });
  });
}

test("grey networks see Pillow's luma", async (t) => {
  const plain = readPreprocessor({ do_resize: false, do_rescale: false, do_normalize: false });
  const { tensor } = await preprocessImage(image, plain, {
    shape: [-1, 1, height, width],
    layout: 'channels-first',
  });
  t.is(print(Uint8Array.from(tensor.data)), '4b75655ce608e2c4');
});
