/** The eight neighbours of a pixel and their weights, which sum to 1 (Rong et al. 2022). */
const NEIGHBOURS = [-1, 0, 1].flatMap((down) =>
  [-1, 0, 1]
    .filter((right) => down !== 0 || right !== 0)
    .map((right) => ({ down, right, weight: down === 0 || right === 0 ? 1 / 6 : 1 / 12 })),
);

const WEIGHTS = Float64Array.from(NEIGHBOURS, ({ weight }) => weight);

/** Share of the right-hand side's length that may remain: far below the noise that is added. */
const RESIDUAL = 1e-6;
const MOST_ITERATIONS = 10_000;

/**
 * Fills in what is removed of pictures: every removed pixel becomes the weighted mean of its neighbours inside the picture, removed
 * ones included. That is one system of linear equations, symmetric and positive definite as long as a pixel is left, which
 * conjugate gradients solve (Hestenes, Stiefel 1952).
 */
export class NeighbourImputation {
  readonly #removed: Int32Array;
  /** Eight per removed pixel: the place of the neighbour among the removed ones, −1 where it is none. */
  readonly #unknown: Int32Array;
  /** Eight per removed pixel: the neighbour's pixel where it is left, else −1. */
  readonly #known: Int32Array;
  /** Σ of the weights of the neighbours inside the picture. */
  readonly #diagonal: Float64Array;

  /** @param kept 0 where a pixel is removed, row-major; one at least is kept */
  constructor(kept: ArrayLike<number>, { height, width }: { height: number; width: number }) {
    const places = new Int32Array(height * width).fill(-1);
    const removed: number[] = [];
    for (let pixel = 0; pixel < places.length; pixel++)
      if (!kept[pixel]) places[pixel] = removed.push(pixel) - 1;
    this.#removed = Int32Array.from(removed);
    this.#unknown = new Int32Array(8 * removed.length).fill(-1);
    this.#known = new Int32Array(8 * removed.length).fill(-1);
    this.#diagonal = new Float64Array(removed.length);
    removed.forEach((pixel, at) => {
      const row = Math.floor(pixel / width);
      const column = pixel % width;
      NEIGHBOURS.forEach(({ down, right, weight }, side) => {
        const [y, x] = [row + down, column + right];
        if (y < 0 || y >= height || x < 0 || x >= width) return;
        const neighbour = y * width + x;
        this.#diagonal[at] += weight;
        if (places[neighbour] < 0) this.#known[8 * at + side] = neighbour;
        else this.#unknown[8 * at + side] = places[neighbour];
      });
    });
  }

  /**
   * The plane with its removed pixels filled in.
   * @param start what the search begins from at the removed pixels: where there is a better guess than the plane itself
   */
  fill(plane: Float64Array, start: Float64Array = plane): Float64Array {
    const target = this.#target(plane);
    const values = Float64Array.from(this.#removed, (pixel) => start[pixel]);
    const residual = this.#times(values).map((value, at) => target[at] - value);
    const direction = residual.slice();
    let length = dot(residual, residual);
    // Of a plane that is 0 wherever it is known, the guess tells how large numbers are.
    const enough = RESIDUAL ** 2 * (dot(target, target) || length);
    for (let round = 0; length > enough && round < MOST_ITERATIONS; round++) {
      const moved = this.#times(direction);
      const step = length / dot(direction, moved);
      for (let at = 0; at < values.length; at++) {
        values[at] += step * direction[at];
        residual[at] -= step * moved[at];
      }
      const next = dot(residual, residual);
      for (let at = 0; at < values.length; at++)
        direction[at] = residual[at] + (next / length) * direction[at];
      length = next;
    }
    const filled = plane.slice();
    this.#removed.forEach((pixel, at) => (filled[pixel] = values[at]));
    return filled;
  }

  /** Σ of the kept neighbours by weight. */
  #target(plane: Float64Array): Float64Array {
    return this.#diagonal.map((_, at) =>
      NEIGHBOURS.reduce((sum, { weight }, side) => {
        const neighbour = this.#known[8 * at + side];
        return neighbour < 0 ? sum : sum + weight * plane[neighbour];
      }, 0),
    );
  }

  /** The system's matrix times values at the removed pixels. */
  #times(values: Float64Array): Float64Array {
    const unknown = this.#unknown;
    const product = new Float64Array(values.length);
    for (let at = 0; at < values.length; at++) {
      let sum = this.#diagonal[at] * values[at];
      for (let side = 0; side < 8; side++) {
        const neighbour = unknown[8 * at + side];
        if (neighbour >= 0) sum -= WEIGHTS[side] * values[neighbour];
      }
      product[at] = sum;
    }
    return product;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at] * b[at];
  return sum;
}
