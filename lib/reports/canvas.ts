import { originalBox, type Box, type Viewport } from '../input/viewport.js';
import type { OpaqueImage } from '../input/raw-image.js';

/** What is needed to draw an explanation. */
export interface Drawing {
  /** The input, upright, as `decodeImage` gives it: pictures get its size. */
  image: OpaqueImage;
  viewport: Viewport;
  mask: WindowMask;
  /** s_ij of every pixel of the model's input, row-major, height·width of `mask`. */
  saliency: Float32Array;
}

/** A mask of ⌈height/window⌉·⌈width/window⌉ row-major cells over a model input of height×width pixels. */
export interface WindowMask {
  height: number;
  width: number;
  window: number;
  cells: ArrayLike<number>;
  /** How each cell stands to all smallest masks, where that was asked for: `CellRole`s, and 1 where proven. */
  core?: { roles: ArrayLike<number>; proven: ArrayLike<number> };
}

/** The cell that each pixel of the model's input lies in. */
export function cellPixels({ height, width, window }: Omit<WindowMask, 'cells'>): Uint32Array {
  const columns = Math.ceil(width / window);
  const pixels = new Uint32Array(height * width);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / window) * columns;
    for (let x = 0; x < width; x++) pixels[y * width + x] = row + Math.floor(x / window);
  }
  return pixels;
}

/** The mask with one byte, 0 or 1, a pixel of the model's input. */
export function maskPixels(mask: WindowMask): Uint8Array {
  return Uint8Array.from(cellPixels(mask), (cell) => (mask.cells[cell] ? 1 : 0));
}

/**
 * For each column and row of a picture of `width`×`height` that shows the whole original: the column and row of
 * the model's input under its middle, or −1 where the network does not look.
 */
export function inputAxes(
  viewport: Viewport,
  width: number,
  height: number,
): { columns: Int32Array; rows: Int32Array } {
  const axis = (size: number, original: number, start: number, extent: number, pixels: number) =>
    Int32Array.from({ length: size }, (_, i) => {
      const position = Math.floor(((((i + 0.5) * original) / size - start) / extent) * pixels);
      return position >= 0 && position < pixels ? position : -1;
    });
  return {
    columns: axis(width, viewport.originalWidth, viewport.x, viewport.width, viewport.inputWidth),
    rows: axis(height, viewport.originalHeight, viewport.y, viewport.height, viewport.inputHeight),
  };
}

/**
 * The tightest rectangle, in pixels of the original picture, around the kept pixels that carry saliency;
 * around all kept ones where none does; null for an empty mask.
 */
export function maskBox(drawing: Pick<Drawing, 'viewport' | 'mask' | 'saliency'>): Box | null {
  const { mask, saliency } = drawing;
  const kept = maskPixels(mask);
  const bounds = (wanted: (i: number) => boolean) => {
    let [left, top, right, bottom] = [mask.width, mask.height, 0, 0];
    for (let y = 0, i = 0; y < mask.height; y++) {
      for (let x = 0; x < mask.width; x++, i++) {
        if (!wanted(i)) continue;
        left = Math.min(left, x);
        right = Math.max(right, x + 1);
        top = Math.min(top, y);
        bottom = Math.max(bottom, y + 1);
      }
    }
    return right > left ? originalBox(drawing.viewport, left, top, right, bottom) : null;
  };
  return bounds((i) => kept[i] === 1 && saliency[i] > 0) ?? bounds((i) => kept[i] === 1);
}

/**
 * Saliency as indices 0 … 255 of the colour scale; negative scores count as none, the largest is 255. The square
 * root stands between them: a few pixels carry most of the sum, and without it the others could not be seen.
 */
export function heatLevels(saliency: Float32Array): Uint8Array {
  const top = saliency.reduce((most, value) => Math.max(most, value), 0);
  const levels = new Uint8Array(saliency.length);
  if (top === 0) return levels;
  for (let i = 0; i < saliency.length; i++)
    levels[i] = Math.round(Math.sqrt(Math.max(0, saliency[i]) / top) * 255);
  return levels;
}
