import { GridSystem, SIDES } from './grid-system.js';

/** Of a pixel's neighbours, which sum to 1 (Rong et al. 2022). */
const WEIGHTS = SIDES.map(({ down, right }) => (down === 0 || right === 0 ? 1 / 6 : 1 / 12));

/** Share of the right-hand side's length that may remain: far below the noise that is added. */
const RESIDUAL = 1e-7;

/**
 * Fills in what is removed of pictures: every removed pixel becomes the weighted mean of its neighbours inside the picture, removed
 * ones included. That is one system of linear equations, positive definite as long as a pixel is left.
 */
export class NeighbourImputation {
  readonly #removed: Int32Array;
  /** Eight per removed pixel: the neighbour's pixel where it is left, else −1. */
  readonly #known: Int32Array;
  readonly #system: GridSystem;

  /** @param kept 0 where a pixel is removed, row-major; one at least is kept */
  constructor(kept: ArrayLike<number>, { height, width }: { height: number; width: number }) {
    const places = new Int32Array(height * width).fill(-1);
    const removed: number[] = [];
    for (let pixel = 0; pixel < places.length; pixel++)
      if (!kept[pixel]) places[pixel] = removed.push(pixel) - 1;
    const count = removed.length;
    const ties = {
      rows: Int32Array.from(removed, (pixel) => Math.floor(pixel / width)),
      columns: Int32Array.from(removed, (pixel) => pixel % width),
      neighbours: new Int32Array(8 * count).fill(count),
      weights: new Float64Array(8 * count),
      diagonal: new Float64Array(count),
    };
    this.#removed = Int32Array.from(removed);
    this.#known = new Int32Array(8 * count).fill(-1);
    for (let at = 0; at < count; at++)
      SIDES.forEach(({ down, right }, side) => {
        const [y, x] = [ties.rows[at] + down, ties.columns[at] + right];
        if (y < 0 || y >= height || x < 0 || x >= width) return;
        const neighbour = y * width + x;
        ties.diagonal[at] += WEIGHTS[side];
        if (places[neighbour] < 0) this.#known[8 * at + side] = neighbour;
        else {
          ties.neighbours[8 * at + side] = places[neighbour];
          ties.weights[8 * at + side] = WEIGHTS[side];
        }
      });
    this.#system = new GridSystem(ties);
  }

  /**
   * The plane with its removed pixels filled in.
   * @param start what the search begins from at the removed pixels: where there is a better guess than the plane itself
   */
  fill(plane: Float64Array, start: Float64Array = plane): Float64Array {
    const right = Float64Array.from(this.#removed, (_, at) =>
      WEIGHTS.reduce((sum, weight, side) => {
        const neighbour = this.#known[8 * at + side];
        return neighbour < 0 ? sum : sum + weight * plane[neighbour];
      }, 0),
    );
    const guess = Float64Array.from(this.#removed, (pixel) => start[pixel]);
    const values = this.#system.solve(right, guess, RESIDUAL);
    const filled = plane.slice();
    this.#removed.forEach((pixel, at) => (filled[pixel] = values[at]));
    return filled;
  }
}
