import { maskPixels } from '../../masks/window-mask.js';
import { explainPrepared } from '../explain-image.js';
import type { ImageMethod } from './image-task.js';

/** SMUG itself: the saliency of the pixels that the smallest mask keeps. */
export const smug: ImageMethod = async ({ model, image, target, settings }) => {
  const { saliency, mask, attribution } = await explainPrepared(model, image, {
    ...settings,
    target: target.index,
  });
  const { steps, completenessError } = attribution;
  return { scores: saliency, kept: maskPixels(mask), steps, completenessError };
};

/** SMUG without a mask: the union of the chosen nodes' receptive fields. */
export const smugBase: ImageMethod = async ({ model, image, target, settings }) => {
  // No proof is needed for what no mask cuts: the solver is stopped at once.
  const { baseSaliency, attribution } = await explainPrepared(model, image, {
    ...settings,
    target: target.index,
    signal: settings.signal,
    timeLimit: 0.001,
  });
  const { steps, completenessError } = attribution;
  return {
    scores: baseSaliency,
    kept: Uint8Array.from(baseSaliency, (score) => (score > 0 ? 1 : 0)),
    steps,
    completenessError,
  };
};
