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
export function cellPixels({ height, width, window }: WindowGrid): Uint32Array {
  const columns = Math.ceil(width / window);
  const grid = { window, columns };
  const columnOf = new Uint32Array(width);
  for (let x = 0; x < width; x++) columnOf[x] = cellAt(grid, 0, x);
  const pixels = new Uint32Array(height * width);
  for (let y = 0, pixel = 0; y < height; y++) {
    const row = cellAt(grid, y, 0);
    for (let x = 0; x < width; x++, pixel++) pixels[pixel] = row + columnOf[x];
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
  const cellOf = cellPixels(grid);
  for (let pixel = 0; pixel < cellOf.length; pixel++) cells[cellOf[pixel]] += pixels[pixel];
  return cells;
}

/** Fraction of the image's area that a mask keeps; cells at the border may be smaller. */
export function keptArea({ height, width, window, cells }: WindowMask): number {
  const columns = Math.ceil(width / window);
  let area = 0;
  for (let cell = 0; cell < cells.length; cell++) {
    if (!cells[cell]) continue;
    const row = Math.floor(cell / columns);
    area += Math.min(window, height - row * window) * Math.min(window, width - (cell % columns) * window);
  }
  return area / (height * width);
}
