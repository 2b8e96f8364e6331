import { resample } from './resample.js';

interface Size {
  height: number;
  width: number;
}

/** One plane of numbers resized bilinearly, as Pillow does it: where it is enlarged, as PyTorch interpolates, too. */
export function resizeBilinear(data: Float32Array, from: Size, to: Size): Float32Array {
  return resample({ ...from, channels: 1, data }, 'bilinear', to.width, to.height).data as Float32Array;
}
