import { SmugError } from '../errors.js';
import { loadSharp } from '../input/sharp.js';

/** Looks at an image's header only. @throws SmugError BAD_IMAGE for one that is empty or too large; whatever else is wrong is told later */
export async function checkPixels(image: Uint8Array, most: number): Promise<void> {
  if (image.length === 0) throw new SmugError('BAD_IMAGE', 'The image is empty.');
  const sharp = loadSharp();
  const { width = 0, height = 0 } = await sharp(image, { limitInputPixels: false })
    .metadata()
    .catch(() => ({ width: 0, height: 0 }));
  if (width * height > most)
    throw new SmugError(
      'BAD_IMAGE',
      `The image has ${width}x${height} pixels; at most ${most} are taken here.`,
    );
}
