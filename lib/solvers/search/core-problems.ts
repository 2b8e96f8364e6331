import type { IntegerProblem } from '../../masks/integer-rows.js';
import { neighbourhood, type Neighbourhood } from './neighbourhood.js';
import { SearchRows } from './search-rows.js';

/** A point of the linear relaxation and what it is optimal by. */
export interface RelaxedPoint {
  /** One value in [0, 1] per variable. */
  values: Float64Array;
  /** One multiplier ≥ 0 per row. */
  multipliers: Float64Array;
}

/** A core problem and the mask around it. */
export interface Core {
  part: Neighbourhood;
  /** The relaxation's values, rounded. */
  around: Uint8Array;
  /** Ones of `around` outside the core. */
  held: number;
}

/**
 * Core problems (Balas, Zemel 1980): the variables whose prices 1 − Σ multiplier_i·a_ij are closest to zero are the ones that
 * the linear relaxation leaves undecided; the others are held at its values. Where few rows decide over many variables
 * the optimum is mostly found within some thirty of them.
 * @param rows every mask that they accept is feasible
 * @param relaxed of these rows or of weaker ones with the same entries
 * @param sizes variables of each core, ascending; those beyond the problem's are left out
 */
export function* coreProblems(
  rows: IntegerProblem,
  relaxed: RelaxedPoint,
  sizes: readonly number[],
): Generator<Core> {
  const { variables, offsets, columns, coefficients, bounds } = rows;
  const prices = new Float64Array(variables).fill(1);
  for (let row = 0; row < bounds.length; row++)
    for (let at = offsets[row]; at < offsets[row + 1]; at++)
      prices[columns[at]] -= relaxed.multipliers[row] * coefficients[at];
  const order = Uint32Array.from(prices, (_, variable) => variable).sort(
    (a, b) => Math.abs(prices[a]) - Math.abs(prices[b]) || a - b,
  );
  const around = Uint8Array.from(relaxed.values, (value) => (value > 0.5 ? 1 : 0));
  const ones = around.reduce((sum, value) => sum + value, 0);
  const searchRows = new SearchRows(rows);
  for (const size of sizes) {
    if (size > variables) return;
    const part = neighbourhood(searchRows, around, order.slice(0, size).sort());
    yield { part, around, held: ones - part.ones };
  }
}
