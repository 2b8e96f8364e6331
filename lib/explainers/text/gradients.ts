import { textGeometry } from '../../masks/cells.js';
import { embeddedNetwork, sumByWord } from './embedded-network.js';
import type { TextTask, WordRating } from './text-task.js';

/** The length of ∂F/∂E(word), the gradient at each word's embedding (saliency of Simonyan et al. 2013, on words). */
export async function wordGradients(task: TextTask): Promise<WordRating> {
  const { view, text, cells, settings } = task;
  const geometry = textGeometry(view.split.layer, text.tensor.data.length);
  const network = await embeddedNetwork(task);
  const { gradients } = await network.gradient({
    inputs: [view.x],
    targets: [view.target.index],
    signal: settings.signal,
  });
  const squares = sumByWord(geometry, cells, (place) => gradients.data[place] ** 2);
  return { scores: Float32Array.from(squares, Math.sqrt), kept: null, steps: 1, completenessError: null };
}
