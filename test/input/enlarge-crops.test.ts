import test from 'ava';
import { loadAddon } from '../../dist/addon.js';
import { enlargeCrops } from '../../dist/input/enlarge-crops.js';
import { resizeBilinear } from '../../dist/input/resize-map.js';
import { testWith, type Need } from '../support/needs.js';
import { randomNumbers } from '../support/random-numbers.js';

const imageAddon: Need = {
  missing: typeof loadAddon()?.enlargeCrops === 'function' ? null : 'no addon that enlarges crops',
  required: false,
};

/** Small images of both layouts with a few crops of each. */
function* cases(seed: number) {
  const next = randomNumbers(seed);
  for (let round = 0; round < 40; round++) {
    const [height, width, channels] = [
      2 + Math.floor(next() * 9),
      2 + Math.floor(next() * 9),
      1 + (round % 3),
    ];
    const crops = Array.from({ length: 3 }, () => {
      const left = Math.floor(next() * (width - 1));
      const top = Math.floor(next() * (height - 1));
      const right = left + 1 + Math.floor(next() * (width - left));
      return { left, top, right, bottom: top + 1 + Math.floor(next() * (height - top)) };
    });
    const data = Float32Array.from({ length: channels * height * width }, () => next() * 4 - 2);
    yield {
      data,
      form: { height, width },
      crops,
      steps: { channels, perChannel: height * width, perPixel: 1 },
    };
    yield { data, form: { height, width }, crops, steps: { channels, perChannel: 1, perPixel: channels } };
  }
}

test('an enlarged crop is Pillow resizing it, channel by channel, whatever the layout', (t) => {
  for (const { data, form, crops, steps } of cases(5)) {
    const found = enlargeCrops(data, form, crops, steps, null);
    t.is(found.length, crops.length * data.length);
    for (const [at, { left, top, right, bottom }] of crops.entries()) {
      for (let channel = 0; channel < steps.channels; channel++) {
        const from = { height: bottom - top, width: right - left };
        const plane = Float32Array.from({ length: from.height * from.width }, (_, pixel) => {
          const y = top + Math.floor(pixel / from.width);
          const x = left + (pixel % from.width);
          return data[channel * steps.perChannel + (y * form.width + x) * steps.perPixel];
        });
        const origin = at * data.length + channel * steps.perChannel;
        resizeBilinear(plane, from, form).forEach((value, pixel) => {
          // Four roundings of float32 beside the exact value, of numbers up to 2.
          t.true(Math.abs(value - found[origin + pixel * steps.perPixel]) < 1e-6);
        });
      }
    }
  }
});

testWith(imageAddon)('the addon enlarges to the same bits as JavaScript', (t) => {
  const addon = loadAddon();
  for (const { data, form, crops, steps } of cases(6)) {
    t.deepEqual(enlargeCrops(data, form, crops, steps, addon), enlargeCrops(data, form, crops, steps, null));
  }
});
