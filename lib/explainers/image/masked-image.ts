import type { Tensor } from '../../tensor.js';
import { blankImage } from '../blank.js';
import type { MaskedValues } from '../masked-values.js';
import { confidences } from './confidences.js';
import type { ImageTask } from './image-task.js';

/**
 * The target's probability on B + (X − B) ⊙ M, X the model's input and B what `blank` names, in the same space: zeros are 0
 * after preprocessing.
 * @returns masks are per pixel, row-major, in [0, 1], shared by the channels
 * @throws SmugError as `blankImage`, when it is first asked
 */
export function maskedImage(task: ImageTask): MaskedValues<ArrayLike<number>> {
  const { model, image, settings } = task;
  const { tensor } = image.prepared;
  const { height, width, layout } = image.baselines;
  let known: Promise<Tensor | null> | undefined;
  const pixels = height * width;
  const channels = tensor.data.length / pixels;
  const pixelAt = (at: number) => (layout === 'channels-first' ? at % pixels : Math.floor(at / channels));
  return async (masks) => {
    // Made when it is first needed: not every metric runs the network.
    const blank = await (known ??= blankImage(settings.blank, model, tensor, image.baselines, settings));
    return confidences(task, masks.length, (first, count) => {
      const data = new Float32Array(count * tensor.data.length);
      masks.slice(first, first + count).forEach((mask, one) => {
        const to = one * tensor.data.length;
        tensor.data.forEach((value, at) => {
          const behind = blank === null ? 0 : blank.data[at];
          data[to + at] = behind + (value - behind) * mask[pixelAt(at)];
        });
      });
      return { data, shape: [count, ...tensor.shape.slice(1)] };
    });
  };
}
