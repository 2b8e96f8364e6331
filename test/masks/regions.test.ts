import test from 'ava';
import { maskRegions, regionSum, type Corner } from '../../dist/masks/regions.js';
import { randomNumbers } from '../support/random-numbers.js';

const mask = (
  rows: string[],
  window = 1,
  width = rows[0].length * window,
  height = rows.length * window,
) => ({
  width,
  height,
  window,
  cells: [...rows.join('')].map((cell) => (cell === '#' ? 1 : 0)),
});

/** Twice the area on its inside: positive where it runs clockwise on the screen. */
const area = (ring: readonly Corner[]) =>
  ring.reduce((sum, [x, y], at) => {
    const [nextX, nextY] = ring[(at + 1) % ring.length];
    return sum + x * nextY - nextX * y;
  }, 0);

/** Whether the middle of a pixel lies inside rings, by the number of edges to its left. */
const inside = (rings: readonly (readonly Corner[])[], x: number, y: number) =>
  rings
    .flatMap((ring) => ring.map((corner, at) => [corner, ring[(at + 1) % ring.length]] as const))
    .filter(
      ([[ax, ay], [bx, by]]) =>
        ax === bx && ax <= x && Math.min(ay, by) < y + 0.5 && y + 0.5 < Math.max(ay, by),
    ).length %
    2 ===
  1;

test('a block, a ring with a hole, cells that touch at a corner', (t) => {
  const [ring, block, ...more] = maskRegions(mask(['###...', '#.#...', '###.##', '....##', '...#..'], 2));
  t.deepEqual(ring.cells, [0, 1, 2, 6, 8, 12, 13, 14]);
  t.deepEqual(
    ring.rings.map(area).sort((a, b) => b - a),
    [2 * 36, -2 * 4],
  );
  t.deepEqual(
    block.rings.map((corners) => [...corners].sort()),
    [
      [
        [12, 4],
        [12, 8],
        [8, 4],
        [8, 8],
      ],
    ],
  );
  t.deepEqual(
    more.map(({ cells }) => cells),
    [[27]],
  );
  // Cut at the border of the picture.
  const [cut] = maskRegions(mask(['##', '##'], 4, 7, 6));
  t.is(area(cut.rings[0]), 2 * 42);
  t.deepEqual(maskRegions(mask(['...'])), []);
});

test('random masks: outlines hold just the cells, each corner a turn, regions are what is connected', (t) => {
  const next = randomNumbers(4);
  for (let round = 0; round < 200; round++) {
    const [columns, rows] = [1 + Math.floor(next() * 8), 1 + Math.floor(next() * 8)];
    const cells = Array.from({ length: columns * rows }, () => (next() < 0.55 ? 1 : 0));
    const one = { width: columns, height: rows, window: 1, cells };
    const regions = maskRegions(one);
    t.deepEqual(
      regions.flatMap((region) => region.cells).sort((a, b) => a - b),
      cells.flatMap((cell, at) => (cell ? [at] : [])),
    );
    for (const region of regions) {
      const own = new Set(region.cells);
      for (let cell = 0; cell < cells.length; cell++)
        t.is(inside(region.rings, cell % columns, Math.floor(cell / columns)), own.has(cell));
      t.is(
        region.rings.reduce((sum, ring) => sum + area(ring), 0),
        2 * own.size,
      );
      for (const ring of region.rings)
        ring.forEach(([x, y], at) => {
          const [beforeX, beforeY] = ring.at(at - 1)!;
          const [afterX, afterY] = ring[(at + 1) % ring.length];
          t.false((beforeX === x && x === afterX) || (beforeY === y && y === afterY));
        });
      // No cell of another region shares an edge with it.
      for (const cell of own)
        for (const other of [
          cell - columns,
          cell + columns,
          ...(cell % columns > 0 ? [cell - 1] : []),
          ...((cell + 1) % columns > 0 ? [cell + 1] : []),
        ])
          t.false(cells[other] === 1 && !own.has(other));
    }
    const sums = regionSum(
      one,
      regions,
      cells.map((_, at) => at),
    );
    regions.forEach((region, at) =>
      t.is(
        sums[at],
        region.cells.reduce((sum, cell) => sum + cell, 0),
      ),
    );
  }
});
