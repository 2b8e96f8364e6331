/** The eight sides of a place on a grid, as steps down and right. */
export const SIDES = [-1, 0, 1].flatMap((down) =>
  [-1, 0, 1].filter((right) => down !== 0 || right !== 0).map((right) => ({ down, right })),
);

/** Unknowns that are not coarsened further. */
const FEW = 32;
/** Sweeps over so few; rounds of the whole search, of which 20 are usual. */
const SWEEPS = 8;
const MOST_ROUNDS = 1000;
/** Coarse grids of constant patches are about twice as stiff as they should be; a correction by 2 or more may not converge. */
const CORRECTION = 1.5;

/** Where unknowns lie, and how each is tied to those beside it: a symmetric, diagonally dominant system. */
export interface GridTies {
  rows: Int32Array;
  columns: Int32Array;
  /** Eight per unknown, one per side: the unknown there, or their number where there is none. */
  neighbours: Int32Array;
  /** Eight per unknown, 0 or more. */
  weights: Float64Array;
  diagonal: Float64Array;
}

/**
 * The equations diagonal_i·u_i − Σ weight_ij·u_j = right_i of unknowns on a grid, solved by conjugate gradients (Hestenes, Stiefel 1952)
 * that a multigrid cycle over patches of 2×2 places preconditions (Braess 1995): holes as wide as the picture take as few rounds
 * as narrow ones.
 */
export class GridSystem {
  readonly #ties: GridTies;
  readonly #size: number;
  readonly #coarser: GridSystem | null;
  /** The patch of each unknown. */
  readonly #patches: Int32Array;

  constructor(ties: GridTies) {
    this.#ties = ties;
    this.#size = ties.rows.length;
    const { patches, coarse } =
      this.#size > FEW ? inPatches(ties) : { patches: new Int32Array(), coarse: null };
    this.#patches = patches;
    // Unknowns that lie far apart are no fewer as patches.
    this.#coarser = coarse !== null && coarse.rows.length < this.#size ? new GridSystem(coarse) : null;
  }

  /**
   * @param start what the search begins from
   * @param share of the length of `right` that may remain
   */
  solve(right: Float64Array, start: Float64Array, share: number): Float64Array {
    const values = this.#vector();
    values.set(start);
    const residual = this.#residual(right, values);
    const enough = share ** 2 * (dot(right, right) || dot(residual, residual));
    const direction = this.#vector();
    let last = 0;
    for (let round = 0; dot(residual, residual) > enough && round < MOST_ROUNDS; round++) {
      const better = this.#cycle(residual);
      const now = dot(better, residual);
      const kept = round === 0 ? 0 : now / last;
      for (let at = 0; at < this.#size; at++) direction[at] = better[at] + kept * direction[at];
      const moved = this.#times(direction);
      const step = now / dot(direction, moved);
      for (let at = 0; at < this.#size; at++) {
        values[at] += step * direction[at];
        residual[at] -= step * moved[at];
      }
      last = now;
    }
    return values.subarray(0, this.#size);
  }

  /** Near the solution for a right-hand side, by a symmetric linear rule. */
  #cycle(right: Float64Array): Float64Array {
    const values = this.#vector();
    if (this.#coarser === null) {
      for (let sweep = 0; sweep < SWEEPS; sweep++) this.#smooth(right, values, sweep % 2 === 0);
      return values;
    }
    this.#smooth(right, values, true);
    const coarse = new Float64Array(this.#coarser.#size + 1);
    const residual = this.#residual(right, values);
    for (let at = 0; at < this.#size; at++) coarse[this.#patches[at]] += residual[at];
    const correction = this.#coarser.#cycle(coarse);
    for (let at = 0; at < this.#size; at++) values[at] += CORRECTION * correction[this.#patches[at]];
    this.#smooth(right, values, false);
    return values;
  }

  /** One sweep of Gauss and Seidel. */
  #smooth(right: Float64Array, values: Float64Array, forward: boolean): void {
    const { diagonal } = this.#ties;
    for (let step = 0; step < this.#size; step++) {
      const at = forward ? step : this.#size - 1 - step;
      values[at] = (right[at] + this.#beside(values, at)) / diagonal[at];
    }
  }

  #residual(right: Float64Array, values: Float64Array): Float64Array {
    const residual = this.#times(values);
    for (let at = 0; at < this.#size; at++) residual[at] = right[at] - residual[at];
    return residual;
  }

  #times(values: Float64Array): Float64Array {
    const { diagonal } = this.#ties;
    const product = this.#vector();
    for (let at = 0; at < this.#size; at++)
      product[at] = diagonal[at] * values[at] - this.#beside(values, at);
    return product;
  }

  #beside(values: Float64Array, at: number): number {
    const { neighbours, weights } = this.#ties;
    let sum = 0;
    for (let entry = 8 * at; entry < 8 * at + 8; entry++) sum += weights[entry] * values[neighbours[entry]];
    return sum;
  }

  /** One number per unknown, and a 0 where there is none. */
  #vector(): Float64Array {
    return new Float64Array(this.#size + 1);
  }
}

/** The same system for values that are constant on every patch of 2×2 places: its equations added up. */
function inPatches({ rows, columns, neighbours, weights, diagonal }: GridTies): {
  patches: Int32Array;
  coarse: GridTies;
} {
  const size = rows.length;
  const places = new Map<number, number>();
  const width = columns.reduce((most, column) => Math.max(most, column), 0) + 2;
  const patches = new Int32Array(size);
  const [coarseRows, coarseColumns]: [number[], number[]] = [[], []];
  for (let at = 0; at < size; at++) {
    const [row, column] = [rows[at] >> 1, columns[at] >> 1];
    const known = places.get(row * width + column);
    patches[at] = known ?? coarseRows.push(row) - 1;
    if (known !== undefined) continue;
    coarseColumns.push(column);
    places.set(row * width + column, patches[at]);
  }
  const count = coarseRows.length;
  const coarse: GridTies = {
    rows: Int32Array.from(coarseRows),
    columns: Int32Array.from(coarseColumns),
    neighbours: new Int32Array(8 * count).fill(count),
    weights: new Float64Array(8 * count),
    diagonal: new Float64Array(count),
  };
  for (let at = 0; at < size; at++) {
    const patch = patches[at];
    coarse.diagonal[patch] += diagonal[at];
    for (let side = 0; side < 8; side++) {
      const neighbour = neighbours[8 * at + side];
      if (neighbour === size) continue;
      const other = patches[neighbour];
      const weight = weights[8 * at + side];
      if (other === patch) {
        coarse.diagonal[patch] -= weight;
        continue;
      }
      const down = coarse.rows[other] - coarse.rows[patch];
      const right = coarse.columns[other] - coarse.columns[patch];
      const entry = 8 * patch + SIDES.findIndex((one) => one.down === down && one.right === right);
      coarse.neighbours[entry] = other;
      coarse.weights[entry] += weight;
    }
  }
  return { patches, coarse };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at] * b[at];
  return sum;
}
