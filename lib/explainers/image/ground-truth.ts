import { badOption } from '../../errors.js';
import type { ImageMethod } from './image-task.js';

/** Where people say the object is: the boxes that they drew. */
export const groundTruth: ImageMethod = async ({ truth }) => {
  if (!truth)
    throw badOption(
      'method',
      'ground-truth',
      'another one: nobody has said where the object of this image is',
    );
  return { scores: Float32Array.from(truth), kept: Uint8Array.from(truth) };
};
