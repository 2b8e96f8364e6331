import type { OpaqueImage } from '../input/raw-image.js';
import type { Viewport } from '../api/picture.js';
import type { WindowMask } from '../masks/window-mask.js';

/** What pictures of an explanation are drawn from. */
export interface Drawing {
  /** The input, upright, as `decodeImage` gives it: pictures get its size. */
  image: OpaqueImage;
  viewport: Viewport;
  mask: WindowMask;
  /** s_ij of every pixel of the model's input, row-major, height·width of `mask`. */
  saliency: Float32Array;
}
