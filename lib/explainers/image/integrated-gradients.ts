import { integratePaths } from '../../attribution/integrated-gradients.js';
import type { Tensor } from '../../tensor.js';
import { overChannels, type ImageMethod, type ImageTask } from './image-task.js';

/** Integrated gradients (Sundararajan, Taly, Yan 2017) of the pixels from a black image, |·| summed over the channels. */
export const pixelIntegratedGradients: ImageMethod = (task) =>
  fromBaselines(task, [task.image.baselines.black]);

/** The mean of those from a black and from a white image: neither dark nor bright parts are invisible to it. */
export const blackWhiteIntegratedGradients: ImageMethod = (task) =>
  fromBaselines(task, [task.image.baselines.black, task.image.baselines.white]);

async function fromBaselines(task: ImageTask, baselines: readonly Tensor[]) {
  const { mean, steps, completenessError } = await meanOverBaselines(task, baselines);
  return { scores: overChannels(task.image, mean), kept: null, steps, completenessError };
}

/** The mean over the baselines of integrated gradients of the model's input, signed, one per channel of a pixel. */
export async function meanOverBaselines(
  { image, network, target, settings }: ImageTask,
  baselines: readonly Tensor[],
): Promise<{ mean: Float32Array; steps: number; completenessError: number }> {
  const activation = image.prepared.tensor;
  const { tolerance, maxSteps, steps, signal } = settings;
  const paths = baselines.map((baseline) => ({ activation, baseline, target: target.index }));
  const results = await integratePaths(network, paths, { tolerance, maxSteps, steps, signal });
  const mean = new Float32Array(activation.data.length);
  for (const { scores } of results) scores.forEach((score, at) => (mean[at] += score / results.length));
  return {
    mean,
    steps: results.reduce((sum, result) => sum + result.steps, 0),
    completenessError: Math.max(...results.map((result) => result.completenessError ?? 0)),
  };
}
