import type { DecodedImage } from '../input/decode.js';

/** That an animation's first frame is read, which a reader may have meant otherwise; nothing about still pictures. */
export function animationNotes({ frames }: Pick<DecodedImage, 'frames'>): string[] {
  if (frames === 1) return [];
  return [
    `The file is an animation of ${frames} frames, and only its first picture was read. To explain another frame, save it as a file of its own.`,
  ];
}
