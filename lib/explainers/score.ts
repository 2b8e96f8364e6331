import type { FirstLayer } from '../graph/split.js';
import { cellAt, type CellGrid, type InputGeometry } from '../masks/cells.js';
import { receptiveField } from '../masks/receptive-field.js';
import type { ScoreRule } from './options.js';

/**
 * Step 6 of the method: s_ij = Σ_p α(o_p)·[ij in the receptive field of o_p] over the chosen nodes (`max`: the
 * largest of them, as the reference implementation has it), kept where `mask` keeps the pixel. Without a mask this
 * is SMUG_base: the union of the receptive fields.
 *
 * @returns one score a position of the grid, row-major, height·width
 */
export function scorePixels(
  layer: FirstLayer,
  geometry: InputGeometry,
  grid: CellGrid,
  nodes: ArrayLike<number>,
  attribution: ArrayLike<number>,
  rule: ScoreRule,
  mask?: ArrayLike<number>,
): Float32Array {
  const { height, width } = grid;
  const scores = new Float64Array(height * width);
  for (let at = 0; at < nodes.length; at++) {
    const { rows, columns } = receptiveField(layer, geometry, nodes[at]);
    const worth = attribution[nodes[at]];
    for (const y of rows) {
      for (const x of columns) {
        const pixel = y * width + x;
        scores[pixel] = rule === 'sum' ? scores[pixel] + worth : Math.max(scores[pixel], worth);
      }
    }
  }
  if (mask !== undefined) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) if (!mask[cellAt(grid, y, x)]) scores[y * width + x] = 0;
    }
  }
  return Float32Array.from(scores);
}

/** Σ s_ij over each cell's pixels. */
export function scoreCells(grid: CellGrid, pixels: ArrayLike<number>): Float64Array {
  const cells = new Float64Array(grid.rows * grid.columns);
  for (let y = 0; y < grid.height; y++) {
    for (let x = 0; x < grid.width; x++) cells[cellAt(grid, y, x)] += pixels[y * grid.width + x];
  }
  return cells;
}

/** Fraction of the image's area that a mask keeps; cells at the border may be smaller. */
export function keptArea(grid: CellGrid, mask: ArrayLike<number>): number {
  let kept = 0;
  for (let row = 0; row < grid.rows; row++) {
    const height = Math.min(grid.window, grid.height - row * grid.window);
    for (let column = 0; column < grid.columns; column++) {
      if (mask[row * grid.columns + column])
        kept += height * Math.min(grid.window, grid.width - column * grid.window);
    }
  }
  return kept / (grid.height * grid.width);
}
