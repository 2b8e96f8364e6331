import { integratePaths } from '../../attribution/integrated-gradients.js';
import { textGeometry } from '../../masks/cells.js';
import { embeddedNetwork, sumByWord } from './embedded-network.js';
import type { TextTask, WordRating } from './text-task.js';

/**
 * Integrated gradients (Sundararajan, Taly, Yan 2017) of the embedded words, summed over the dimensions of each: the
 * baseline is the text with the zero vector in place of every word; padding and special tokens stay. The scores add up
 * to F(text) − F(baseline).
 */
export async function wordIntegratedGradients(task: TextTask): Promise<WordRating> {
  const { view, text, cells, settings } = task;
  const geometry = textGeometry(view.split.layer, text.tensor.data.length);
  const baseline = { data: view.x.data.slice(), shape: view.x.shape };
  sumByWord(geometry, cells, (place) => (baseline.data[place] = 0));
  const { tolerance, maxSteps, steps, signal } = settings;
  const [result] = await integratePaths(
    await embeddedNetwork(task),
    [{ activation: view.x, baseline, target: view.target.index }],
    { tolerance, maxSteps, steps, signal },
  );
  return {
    scores: Float32Array.from(sumByWord(geometry, cells, (place) => result.scores[place])),
    kept: null,
    steps: result.steps,
    completenessError: result.completenessError,
  };
}
