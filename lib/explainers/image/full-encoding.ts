import { badOption, SmugError } from '../../errors.js';
import { encodeImage } from '../../full-encoding/explain-full-encoding.js';
import type { ImageMethod } from './image-task.js';

/**
 * The smallest mask with which the whole network still reads the class, a hidden pixel 0 after preprocessing; see
 * `explainFullEncoding`. Where the time limit ends first, the smallest that was found.
 */
export const fullEncoding: ImageMethod = async ({ model, image, target, settings }) => {
  const { blank, delta = 0, timeLimit, threads, certificate: asked, signal, onProgress } = settings;
  if (blank !== 'zero') throw badOption('blank', blank, 'zero for full-encoding, which hides with zeros');
  const { mask, ...found } = await encodeImage(model, image, {
    ...{ delta, timeLimit, threads, certificate: asked, signal },
    onProgress: onProgress && ((progress) => onProgress({ phase: 'solving', ...progress })),
  });
  // An image's own trouble is no wrong option: others of the same call go on.
  if (found.target.index !== target.index) {
    const read = `${found.target.index}, the class that the network reads, for full-encoding`;
    if (settings.target !== undefined) throw badOption('target', target.index, read);
    throw new SmugError(
      'BAD_INPUT',
      `Two classes are as good as equal: the engine reads ${target.index}, exact arithmetic ${found.target.index}.`,
    );
  }
  const { status, lowerBound } = found.certificate;
  if (status === 'infeasible')
    throw new SmugError(
      'BAD_INPUT',
      `With no part of this image does the class lead by more than ${delta}; ask for a smaller delta.`,
    );
  if (mask === null)
    throw new SmugError(
      'SOLVER_FAILED',
      `No mask that keeps the class was found in ${timeLimit} s, none exists of fewer than ${lowerBound} pixels; raise timeLimit.`,
    );
  const { certificate, margin, proof } = found;
  return {
    scores: Float32Array.from(mask.cells),
    kept: Uint8Array.from(mask.cells),
    proven: status === 'optimal',
    encoding: { certificate, margin },
    proof,
  };
};
