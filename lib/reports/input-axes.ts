import type { Viewport } from '../api/picture.js';

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
