import { normalSource } from './normal-numbers.js';
import { stacked } from '../../tensor.js';
import { overChannels, type ImageMethod } from './image-task.js';

/** As in the paper: 50 samples, noise of 15 % of the image's range. */
const SAMPLES = 50;
const NOISE = 0.15;
const AT_ONCE = 10;

/** The mean of |∂F/∂x| over noisy copies of the image (SmoothGrad; Smilkov et al. 2017), drawn from `seed`. */
export const smoothGrad: ImageMethod = async ({ image, network, target, settings }) => {
  const { tensor } = image.prepared;
  const { data, shape } = tensor;
  const range =
    data.reduce((most, value) => Math.max(most, value), -Infinity) -
    data.reduce((least, value) => Math.min(least, value), Infinity);
  const next = normalSource(settings.seed);
  const sums = new Float64Array(data.length);
  for (let done = 0; done < SAMPLES; done += AT_ONCE) {
    const noisy = Array.from({ length: AT_ONCE }, () => ({
      data: data.map((value) => value + NOISE * range * next()),
      shape,
    }));
    const { gradients } = await network.gradient({
      inputs: [stacked(noisy)],
      targets: noisy.map(() => target.index),
      signal: settings.signal,
    });
    gradients.data.forEach((value, at) => (sums[at % data.length] += Math.abs(value) / SAMPLES));
  }
  return { scores: overChannels(image, sums), kept: null, steps: SAMPLES };
};
