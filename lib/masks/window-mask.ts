import { cellAt, type CellGrid } from './cells.js';

/** Windows of `window`×`window` positions over an input of height×width, cut at its right and lower border. */
export type WindowGrid = Pick<CellGrid, 'height' | 'width' | 'window'>;

/** A mask of ⌈height/window⌉·⌈width/window⌉ row-major cells, 0 or 1, over a model's input. */
export interface WindowMask extends WindowGrid {
  cells: ArrayLike<number>;
  /** How each cell stands to all smallest masks, where that was asked for: `CellRole`s, and 1 where proven. */
  core?: { roles: ArrayLike<number>; proven: ArrayLike<number> };
}

/** The cell that each pixel of the model's input lies in, row-major. */
export function cellPixels(grid: WindowGrid): Uint32Array {
  const { height, width, window } = grid;
  const columns = Math.ceil(width / window);
  const pixels = new Uint32Array(height * width);
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) pixels[pixel] = cellAt({ window, columns }, y, x);
  }
  return pixels;
}

/** The mask with one byte, 0 or 1, per pixel of the model's input. */
export function maskPixels(mask: WindowMask): Uint8Array {
  const cells = cellPixels(mask);
  const pixels = new Uint8Array(cells.length);
  for (let pixel = 0; pixel < pixels.length; pixel++) pixels[pixel] = mask.cells[cells[pixel]] ? 1 : 0;
  return pixels;
}

/** Σ s_ij over each cell's pixels. */
export function scoreCells(grid: WindowGrid, pixels: ArrayLike<number>): Float64Array {
  const { height, width, window } = grid;
  const cells = new Float64Array(Math.ceil(height / window) * Math.ceil(width / window));
  cellPixels(grid).forEach((cell, pixel) => (cells[cell] += pixels[pixel]));
  return cells;
}

/** Fraction of the image's area that a mask keeps; cells at the border may be smaller. */
export function keptArea(mask: WindowMask): number {
  return maskPixels(mask).reduce((sum, kept) => sum + kept, 0) / (mask.height * mask.width);
}
