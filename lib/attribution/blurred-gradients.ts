import { throwIfAborted } from '../errors.js';
import type { Tensor } from '../tensor.js';
import {
  completenessError,
  DEFAULT_TOLERANCE,
  type AttributionOptions,
  type AttributionScores,
  type AttributionTask,
} from './attribution.js';
import { blurImage } from './gaussian-blur.js';
import { baselineInputs } from './image-task.js';
import { stacked } from '../tensor.js';

/** Widest blur of the path, in pixels (standard deviation), and images on it unless `steps` says otherwise. */
const WIDEST = 50;
const DEFAULT_STEPS = 50;
/** Images that run through the first layer and the tail at once. */
const BATCH = 8;

/**
 * Blur integrated gradients (Xu, Venugopalan, Sundararajan: Attribution in Scale and Space, CVPR 2020) at the
 * first layer: the path goes from the widely blurred image to the image itself, X_s = G_{σ(s)} * X, and
 *
 *   α(a_i) = Σ_s ½ (∂F/∂a_i(s) + ∂F/∂a_i(s+1)) · (a_i(s+1) − a_i(s)),
 *
 * the trapezoid rule along the curve a(X_s), σ falling linearly. The path is walked from the image outwards: each
 * image is the sharper one before it blurred a little more, by √(σ² − σ'²). Complete with respect to
 * F(a) − F(a(X_0)); its error is reported, not driven below a tolerance.
 *
 * @param options `steps`: images on the path, 2 at least. Default 50.
 */
export async function blurredGradients(
  task: AttributionTask,
  { steps = DEFAULT_STEPS, tolerance = DEFAULT_TOLERANCE, signal, onProgress }: AttributionOptions = {},
): Promise<AttributionScores> {
  const { input, activationsOf } = baselineInputs(task, 'blurred-gradients');
  const count = Math.max(2, steps);
  const unit = WIDEST / (count - 1);
  const length = task.activation.data.length;
  const sums = new Float64Array(length);
  let image: Tensor | undefined;
  let sharper: { activation: Float32Array; gradient: Float32Array } | undefined;
  let sharpest = 0;
  let widest = 0;
  for (let start = 0; start < count; start += BATCH) {
    const images: Tensor[] = [];
    for (let s = start; s < Math.min(count, start + BATCH); s++) {
      throwIfAborted(signal);
      image = image === undefined ? input.tensor : blurImage(image, unit * Math.sqrt(2 * s - 1), input);
      images.push(image);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const activations = await activationsOf(stacked(images));
    const { values, gradients } = await task.tail.gradient({
      inputs: [activations],
      targets: images.map(() => task.target),
      signal,
    });
    for (let s = 0; s < images.length; s++) {
      const activation = activations.data.subarray(s * length, (s + 1) * length);
      const gradient = gradients.data.subarray(s * length, (s + 1) * length);
      if (sharper === undefined) sharpest = values[s];
      else {
        for (let i = 0; i < length; i++) {
          sums[i] += 0.5 * (sharper.gradient[i] + gradient[i]) * (sharper.activation[i] - activation[i]);
        }
      }
      sharper = { activation, gradient };
      widest = values[s];
    }
    onProgress?.({ steps: Math.min(count, start + BATCH), completenessError: null });
  }
  const scores = Float32Array.from(sums);
  const error = completenessError(scores, sharpest - widest);
  return {
    scores,
    completenessError: error,
    steps: count,
    converged: error <= tolerance,
    topKStability: null,
  };
}
