import test from 'ava';
import { loadAddon } from '../../dist/addon.js';
import { RESAMPLING_FILTERS, resampleInPieces } from '../../dist/input/resample.js';
import { resamplePasses } from '../../dist/input/resample-passes.js';
import { atOnce } from '../../dist/threads/in-pieces.js';
import { testWith, type Need } from '../support/needs.js';
import { randomNumbers } from '../support/random-numbers.js';

const resampleAddon: Need = {
  missing: typeof loadAddon()?.resampleAcross === 'function' ? null : 'no addon that resizes',
  required: false,
};

/** Pictures of both kinds and every number of channels, and sizes to bring them to. */
function* cases() {
  const next = randomNumbers(11);
  for (let round = 0; round < 24; round++) {
    const [width, height, toWidth, toHeight] = Array.from({ length: 4 }, () => 1 + Math.floor(next() * 70));
    const channels = round % 2 === 0 ? (3 as const) : (1 as const);
    // Extremes beside each other: sums below zero and above 255 before they are clamped.
    const bytes = Uint8Array.from({ length: width * height * channels }, () =>
      next() < 0.5 ? (next() < 0.5 ? 0 : 255) : next() * 256,
    );
    for (const data of [bytes, Float32Array.from(bytes, (byte) => byte * next() - 40)])
      yield { image: { width, height, channels, data }, width: toWidth, height: toHeight };
  }
}

testWith(resampleAddon)('the addon resizes to the same bytes as JavaScript, floats to the same bits', (t) => {
  const bits = ({ data }: { data: Uint8Array | Float32Array }) =>
    Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  for (const { image, width, height } of cases()) {
    const columns = { first: Math.floor(width / 3), count: Math.ceil(width / 2) };
    const rows = { first: Math.floor(height / 4), count: Math.ceil(height / 2) };
    for (const filter of RESAMPLING_FILTERS) {
      const by = (addon: ReturnType<typeof loadAddon>) =>
        atOnce(resampleInPieces(image, filter, width, height, columns, rows, resamplePasses(addon)));
      t.deepEqual(bits(by(loadAddon())), bits(by(null)), `${filter} ${image.width}×${image.height}`);
    }
  }
});

test('a large picture is resized in pieces, to the same bytes', (t) => {
  const [width, height] = [2000, 700];
  const data = Uint8Array.from({ length: width * height }, (_, at) => (at * 31) % 251);
  const pieces = resampleInPieces({ width, height, channels: 1, data }, 'bilinear', 90, 60);
  let yields = 0;
  for (;;) {
    const { done, value } = pieces.next();
    if (done) {
      const line = Array.from({ length: width }, (_, x) => data[350 * width + x]);
      const mean = line.reduce((sum, byte) => sum + byte, 0) / width;
      const shrunk = [...value.data];
      t.true(Math.abs(shrunk.reduce((sum, byte) => sum + byte, 0) / shrunk.length - mean) < 2);
      break;
    }
    yields++;
  }
  t.is(yields, Math.ceil(height / Math.floor(2 ** 18 / width)) - 1);
});
