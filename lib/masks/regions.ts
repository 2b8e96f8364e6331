import { scoreCells, type WindowMask } from './window-mask.js';

/** A corner of cells, in pixels of the mask's own picture. */
export type Corner = readonly [x: number, y: number];

/** Kept cells that share edges. */
export interface Region {
  /** Numbers of its cells, ascending. */
  cells: number[];
  /**
   * Its outline and those of its holes, each closed, without its first corner repeated. The outline runs clockwise as pictures are
   * seen, holes the other way.
   */
  rings: Corner[][];
}

/** Merges kept cells that share an edge; the largest region first, of equal ones the first in the picture. */
export function maskRegions(mask: WindowMask): Region[] {
  const columns = Math.ceil(mask.width / mask.window);
  const rows = Math.ceil(mask.height / mask.window);
  const labels = new Int32Array(rows * columns).fill(-1);
  const regions: Region[] = [];
  const at = (row: number, column: number) =>
    row < 0 || column < 0 || row >= rows || column >= columns ? -1 : labels[row * columns + column];
  for (let first = 0; first < labels.length; first++) {
    if (!mask.cells[first] || labels[first] >= 0) continue;
    const label = regions.length;
    const cells = [first];
    labels[first] = label;
    for (const cell of cells) {
      const column = cell % columns;
      const neighbours = [cell - columns, cell + columns];
      if (column > 0) neighbours.push(cell - 1);
      if (column + 1 < columns) neighbours.push(cell + 1);
      for (const neighbour of neighbours) {
        if (!(mask.cells[neighbour] && labels[neighbour] === -1)) continue;
        labels[neighbour] = label;
        cells.push(neighbour);
      }
    }
    cells.sort((a, b) => a - b);
    regions.push({ cells, rings: [] });
  }
  for (const [label, region] of regions.entries())
    region.rings = outlines(region.cells, columns, (row, column) => at(row, column) === label).map((ring) =>
      ring.map(([x, y]): Corner => [
        Math.min(x * mask.window, mask.width),
        Math.min(y * mask.window, mask.height),
      ]),
    );
  return regions.sort((a, b) => b.cells.length - a.cells.length || a.cells[0] - b.cells[0]);
}

/** Clockwise: along the upper, right, lower, left edge of a cell. */
const STEPS = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const;

/** The rings of corners around cells, in cells: edges with a cell of the region on their right and none on their left. */
function outlines(
  cells: readonly number[],
  columns: number,
  inside: (row: number, column: number) => boolean,
): Corner[][] {
  // An edge by its first corner and its direction; those of one region meet at a corner at most twice.
  const open = new Set<string>();
  const key = (x: number, y: number, direction: number) => `${x},${y},${direction}`;
  for (const cell of cells) {
    const [row, column] = [Math.floor(cell / columns), cell % columns];
    if (!inside(row - 1, column)) open.add(key(column, row, 0));
    if (!inside(row, column + 1)) open.add(key(column + 1, row, 1));
    if (!inside(row + 1, column)) open.add(key(column + 1, row + 1, 2));
    if (!inside(row, column - 1)) open.add(key(column, row + 1, 3));
  }
  const rings: Corner[][] = [];
  for (const start of open) {
    let [x, y, direction] = start.split(',').map(Number);
    const ring: Corner[] = [];
    let edge = start;
    do {
      open.delete(edge);
      x += STEPS[direction][0];
      y += STEPS[direction][1];
      // Right first: cells that touch only at this corner stay apart.
      const next = [1, 0, 3]
        .map((turn) => (direction + turn) % 4)
        .find((way) => open.has(key(x, y, way)) || key(x, y, way) === start)!;
      if (next !== direction) ring.push([x, y]);
      direction = next;
      edge = key(x, y, direction);
    } while (edge !== start);
    rings.push(ring);
  }
  return rings;
}

/** Σ over a region's pixels. @param values one per pixel of the mask's picture */
export function regionSum(
  mask: WindowMask,
  regions: readonly Region[],
  values: ArrayLike<number>,
): Float64Array {
  const sums = scoreCells(mask, values);
  return Float64Array.from(regions, ({ cells }) => cells.reduce((sum, cell) => sum + sums[cell], 0));
}
