import type { IntegerRow } from './exact-rows.js';
import type { Work } from './work.js';

/** Σ coefficients·M ≥ bound, which follows from the rows added up with these factors, as no 0/1 point of the sum is below. */
export interface Cut {
  rows: readonly number[];
  times: readonly number[];
  columns: readonly number[];
  coefficients: readonly number[];
  bound: number;
}

/** Left sides are told apart up to this: the table has an entry for each. */
const LARGEST_LEFT_SIDE = 255;

export function cutRow({ columns, coefficients, bound }: Cut): IntegerRow {
  return { columns: [...columns], values: coefficients.map(BigInt), need: BigInt(bound) };
}

/**
 * Why the cut does not follow from its rows; null where it does. Negative entries are complemented, so that every item
 * has a gain and a cost of at least 0; then no choice of items that costs less than the bound may gain what the
 * row needs: best[c] is the largest gain for a cost of at most c.
 */
export async function checkCut(rows: readonly IntegerRow[], cut: Cut, work: Work): Promise<string | null> {
  const gains = new Map<number, bigint>();
  let need = 0n;
  for (const [index, row] of cut.rows.entries()) {
    const source = rows[row];
    const times = BigInt(cut.times[index]);
    need += times * source.need;
    source.columns.forEach((column, at) => {
      gains.set(column, (gains.get(column) ?? 0n) + times * source.values[at]);
    });
  }
  const costs = new Map<number, number>();
  cut.columns.forEach((column, at) => costs.set(column, cut.coefficients[at]));
  if (costs.size !== cut.columns.length) return 'a cut names a column twice';
  // What the left side must reach once complemented entries have paid their negative coefficients.
  let bound = cut.bound;
  for (const cost of costs.values()) if (cost < 0) bound -= cost;
  if (bound <= 0) return null;
  if (bound - 1 > LARGEST_LEFT_SIDE) return `a cut's left side is above ${LARGEST_LEFT_SIDE}`;
  const best = new Array<bigint>(bound).fill(0n);
  for (const [column, value] of gains) {
    const cost = costs.get(column) ?? 0;
    if (value < 0n ? cost > 0 : cost < 0) return `a cut has the wrong sign at column ${column}`;
    if (value < 0n) need -= value;
    const gain = value < 0n ? -value : value;
    const price = Math.abs(cost);
    if (work.due(10 * bound)) await work.turn();
    if (price === 0) need -= gain;
    else {
      for (let spent = bound - 1; spent >= price; spent--) {
        const taken = best[spent - price] + gain;
        if (taken > best[spent]) best[spent] = taken;
      }
    }
  }
  return best[bound - 1] < need ? null : 'a cut does not follow from its rows';
}
