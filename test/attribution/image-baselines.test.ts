import test from 'ava';
import type { AttributionTask } from '../../dist/attribution/attribution.js';
import { blackWhite } from '../../dist/attribution/black-white.js';
import { blurredGradients } from '../../dist/attribution/blurred-gradients.js';
import { blurImage, type ImageForm } from '../../dist/attribution/gaussian-blur.js';
import type { Tensor } from '../../dist/tensor.js';
import { randomNumbers } from '../support/random-numbers.js';
import { counted, row, smallNetwork } from './networks.js';

const form = (height: number, width: number, layout: ImageForm['layout'] = 'channels-first'): ImageForm => ({
  height,
  width,
  layout,
});

function image(height: number, width: number, channels = 1, seed = 8): Tensor {
  const next = randomNumbers(seed);
  return {
    data: Float32Array.from({ length: channels * height * width }, next),
    shape: [1, channels, height, width],
  };
}

const largestDifference = (a: Float32Array, b: ArrayLike<number>) =>
  a.reduce((most, value, at) => Math.max(most, Math.abs(value - b[at])), 0);

test('a blur of a constant is the constant, none is the image, and the mean stays', (t) => {
  const constant = { data: new Float32Array(60).fill(3), shape: [1, 1, 6, 10] };
  // float32 storage of values near 3
  t.true(largestDifference(blurImage(constant, 7, form(6, 10)).data, constant.data) < 1e-6);
  const noise = image(6, 10);
  t.deepEqual(blurImage(noise, 0, form(6, 10)).data, noise.data);
  const mean = (data: Float32Array) => data.reduce((sum, value) => sum + value, 0) / data.length;
  for (const sigma of [0.5, 2, 9, 50]) {
    const blurred = blurImage(noise, sigma, form(6, 10));
    t.true(Math.abs(mean(blurred.data) - mean(noise.data)) < 1e-6);
    if (sigma === 50)
      t.true(
        largestDifference(
          blurred.data,
          blurred.data.map(() => mean(noise.data)),
        ) < 1e-6,
      );
  }
});

test('an impulse becomes the Gaussian, and two blurs add their variances', (t) => {
  const impulse = { data: new Float32Array(41 * 41), shape: [1, 1, 41, 41] };
  impulse.data[20 * 41 + 20] = 1;
  const sigma = 3;
  const spread = blurImage(impulse, sigma, form(41, 41)).data;
  for (const [y, x] of [
    [20, 20],
    [23, 20],
    [17, 25],
  ]) {
    const expected =
      Math.exp(-((y - 20) ** 2 + (x - 20) ** 2) / (2 * sigma ** 2)) / (2 * Math.PI * sigma ** 2);
    // The sampled kernel is cut at 4σ, where 6e-5 of it lies outside on either side.
    t.true(Math.abs(spread[y * 41 + x] - expected) < 3e-4 * expected);
  }
  const noise = image(17, 23, 3);
  const twice = blurImage(blurImage(noise, 3, form(17, 23)), 4, form(17, 23));
  t.true(largestDifference(twice.data, blurImage(noise, 5, form(17, 23)).data) < 1e-4);
});

test('both layouts are blurred alike', (t) => {
  const planes = image(5, 7, 3);
  const pixels = { data: new Float32Array(105), shape: [1, 5, 7, 3] };
  for (let c = 0; c < 3; c++)
    for (let at = 0; at < 35; at++) pixels.data[at * 3 + c] = planes.data[c * 35 + at];
  const a = blurImage(planes, 1.7, form(5, 7)).data;
  const b = blurImage(pixels, 1.7, form(5, 7, 'channels-last')).data;
  for (let c = 0; c < 3; c++) for (let at = 0; at < 35; at++) t.is(b[at * 3 + c], a[c * 35 + at]);
});

/** An image of 2×3 pixels that is its own activations, under a tail. */
async function task(
  tail: AttributionTask['tail'],
  pixels: number[],
): Promise<AttributionTask & { input: NonNullable<AttributionTask['input']> }> {
  return {
    tail,
    activation: row(...pixels),
    target: 0,
    output: 'logit',
    activationsOf: async (inputs) => inputs,
    input: {
      tensor: row(...pixels),
      black: row(...pixels.map(() => -1)),
      white: row(...pixels.map(() => 1)),
      ...form(2, 3),
    },
  };
}

const pixels = [0.3, -0.5, 0.9, 0.1, 0.7, -0.2];
const slopes = [2, -1, 0.5, 3, 1, -4];

test('on a linear network every path gives slope times distance from its baseline', async (t) => {
  const linear = await smallNetwork([{ weights: slopes.map((slope) => [slope]), bias: [5] }]);
  const { network, counts } = counted(linear);
  const both = await blackWhite(await task(network, pixels));
  // The two baselines, −1 and 1, are at 0 in the mean.
  t.true(
    largestDifference(
      both.scores,
      pixels.map((value, at) => slopes[at] * value),
    ) < 1e-6,
  );
  t.is(both.steps, counts.points);
  t.true(both.completenessError! < 1e-6);

  const blurred = await blurredGradients(await task(linear, pixels));
  const mean = pixels.reduce((sum, value) => sum + value, 0) / 6;
  t.true(
    largestDifference(
      blurred.scores,
      pixels.map((value, at) => slopes[at] * (value - mean)),
    ) < 1e-5,
  );
  t.is(blurred.steps, 50);
  t.true(blurred.completenessError! < 1e-5);
});

test('on a smooth network both are complete with respect to their own baselines', async (t) => {
  const next = randomNumbers(31);
  const weights = (rows: number, columns: number) =>
    Array.from({ length: rows }, () => Array.from({ length: columns }, () => next() * 2 - 1));
  const tail = await smallNetwork([
    { weights: weights(6, 8), bias: weights(1, 8)[0], activation: 'tanh' },
    { weights: weights(8, 1), bias: [0] },
  ]);
  const value = async (tensor: Tensor) => (await tail.forward([tensor]))[0].data[0];
  const one = await task(tail, pixels);
  const sum = (scores: Float32Array) => scores.reduce((total, score) => total + score, 0);
  const top = await value(one.activation);
  const ends = (await value(one.input.black)) / 2 + (await value(one.input.white)) / 2;
  // Each half within the tolerance of 1 %.
  t.true(Math.abs(sum((await blackWhite(one)).scores) - (top - ends)) < 0.02);
  const flat = await value(row(...pixels.map(() => pixels.reduce((total, pixel) => total + pixel, 0) / 6)));
  const blurred = await blurredGradients(one, { steps: 200 });
  // What is missing is what is reported: the error of a trapezoid rule of 200 points.
  const missing = Math.abs(sum(blurred.scores) - (top - flat));
  t.true(Math.abs(missing - blurred.completenessError! * Math.abs(top - flat)) < 1e-5);
});

test('without an image these methods say what to use instead', async (t) => {
  const tail = await smallNetwork([{ weights: [[1], [2]], bias: [3] }]);
  const bare = { tail, activation: row(1, 1), target: 0, output: 'logit' as const };
  for (const method of [blackWhite, blurredGradients])
    await t.throwsAsync(method(bare), { code: 'BAD_OPTION', message: /integrated-gradients, gradients or/ });
});
