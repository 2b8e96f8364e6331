import type { AttributionOptions, AttributionScores, AttributionTask } from './attribution.js';
import { integratePaths } from './integrated-gradients.js';
import { stacked } from '../tensor.js';
import { baselineInputs } from './image-task.js';

/**
 * The mean of two integrated gradients whose baselines are the first layer's activations on the black and on the
 * white image: neither dark nor bright parts of the picture are invisible to it, as they are to one baseline of
 * their own colour. Complete with respect to F(a) − (F(a_black) + F(a_white)) / 2.
 */
export async function blackWhite(
  task: AttributionTask,
  options: AttributionOptions = {},
): Promise<AttributionScores> {
  const { input, activationsOf } = baselineInputs(task, 'integrated-gradients-black-white');
  const ends = await activationsOf(stacked([input.black, input.white]));
  const length = ends.data.length / 2;
  const paths = [0, 1].map((at) => ({
    activation: task.activation,
    target: task.target,
    value: task.value,
    baseline: { data: ends.data.slice(at * length, (at + 1) * length), shape: task.activation.shape },
  }));
  const [black, white] = await integratePaths(task.tail, paths, options);
  return {
    scores: black.scores.map((score, at) => (score + white.scores[at]) / 2),
    completenessError: Math.max(black.completenessError!, white.completenessError!),
    steps: black.steps + white.steps,
    converged: black.converged! && white.converged!,
    topKStability:
      black.topKStability === null || white.topKStability === null
        ? null
        : Math.min(black.topKStability, white.topKStability),
  };
}
