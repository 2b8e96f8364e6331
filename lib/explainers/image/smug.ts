import { maskPixels } from '../../masks/window-mask.js';
import { explainMasked, explainWithoutMask } from '../explain-image.js';
import type { ImageMethod } from './image-task.js';

/** SMUG itself: the saliency of the pixels that the smallest mask keeps. */
export const smug: ImageMethod = async ({ model, image, target, settings }) => {
  const { explained } = await explainMasked(model, image, { ...settings, target: target.index });
  const { saliency, mask, attribution, certificate, solution } = explained;
  const { steps, completenessError } = attribution;
  const smallest = solution.solutions?.filter(({ size }) => size === mask.size);
  return {
    scores: saliency,
    kept: maskPixels(mask),
    proven: certificate.status === 'optimal',
    masks: smallest?.map(({ mask: cells }) => cells),
    steps,
    completenessError,
  };
};

/** SMUG without a mask: the union of the chosen nodes' receptive fields. */
export const smugBase: ImageMethod = async ({ model, image, target, settings }) => {
  const { scores, attribution } = await explainWithoutMask(model, image, {
    ...settings,
    target: target.index,
  });
  const { steps, completenessError } = attribution;
  return { scores, kept: Uint8Array.from(scores, (score) => (score > 0 ? 1 : 0)), steps, completenessError };
};
