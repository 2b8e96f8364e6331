import type { IntegerProblem } from '../../masks/integer-rows.js';
import { GainTable, knapsackRow, LARGEST_CUT, type KnapsackRow } from './row-cut.js';
import type { RowCut, RowSum } from '../bound-evidence.js';

/** A fractional value this close to 0 or 1 is taken for it at first. */
const NEAR = 0.03;
/** How finely the costs of the core follow its gains; one level alone finds little that cardinality cuts miss. */
const COST_LEVELS = [2, 3, 5, 8];

/** At least as many positive entries as it takes to reach the row's bound, whatever the negative ones are. */
export function cardinalityCut(problem: IntegerProblem, row: number): RowCut | null {
  const columns: number[] = [];
  const values: number[] = [];
  for (let at = problem.offsets[row]; at < problem.offsets[row + 1]; at++) {
    if (problem.coefficients[at] <= 0) continue;
    columns.push(problem.columns[at]);
    values.push(problem.coefficients[at]);
  }
  values.sort((a, b) => b - a);
  let bound = 0;
  for (let sum = 0; sum < problem.bounds[row] && bound < values.length; bound++) sum += values[bound];
  if (bound === 0 || bound > LARGEST_CUT) return null;
  return { rows: [row], times: [1], columns, coefficients: columns.map(() => 1), bound };
}

/** The cut of a row, or a sum of rows, that the point violates by more than `least`, relative to its length, and most; or null. */
export function separateSum(
  problem: IntegerProblem,
  source: RowSum,
  point: Float64Array,
  least: number,
): RowCut | null {
  const knapsack = knapsackRow(problem, source);
  const items = knapsack.columns.length;
  const value = new Float64Array(items);
  let sum = 0;
  for (let item = 0; item < items; item++) {
    const at = Math.max(0, Math.min(1, point[knapsack.columns[item]]));
    value[item] = knapsack.complemented[item] ? 1 - at : at;
    sum += knapsack.gain[item];
  }
  if (sum < knapsack.need || knapsack.need <= 0) return null;
  const cover = coverOf(knapsack, value);
  if (!cover) return null;
  let best: RowCut | null = null;
  let bestDepth = least;
  for (const levels of COST_LEVELS) {
    const lifted = liftedCosts(knapsack, cover, levels);
    const cut = lifted && cutOf(knapsack, source, lifted);
    if (!cut) continue;
    let left = 0;
    let norm = 0;
    for (let at = 0; at < cut.columns.length; at++) {
      left += cut.coefficients[at] * Math.max(0, Math.min(1, point[cut.columns[at]]));
      norm += cut.coefficients[at] * cut.coefficients[at];
    }
    const depth = (cut.bound - left) / Math.sqrt(norm);
    if (depth > bestDepth) {
      bestDepth = depth;
      best = cut;
    }
  }
  return best;
}

/** The items of a knapsack row, by what lifting does with them: all but the core are sorted by gain, largest first. */
interface Cover {
  /** Items that get costs by their gain. */
  core: number[];
  /** Items first held at 1, and at 0. */
  ones: number[];
  zeros: number[];
  /** What the core must gain while the others are held. */
  held: number;
}

/** Items near 1 are first held at 1 and items near 0 at 0, as far as that leaves the core something it can do. */
function coverOf({ gain, need }: KnapsackRow, value: Float64Array): Cover | null {
  const ones: number[] = [];
  const zeros: number[] = [];
  const core: number[] = [];
  let reach = 0;
  let held = need;
  for (let item = 0; item < gain.length; item++) {
    if (gain[item] === 0) continue;
    if (value[item] >= 1 - NEAR) {
      ones.push(item);
      held -= gain[item];
    } else if (value[item] <= NEAR) zeros.push(item);
    else core.push(item);
    if (value[item] > NEAR) reach += gain[item];
  }
  zeros.sort((a, b) => gain[b] - gain[a]);
  let joined = 0;
  while (reach < need && joined < zeros.length) {
    const item = zeros[joined++];
    reach += gain[item];
    core.push(item);
  }
  if (reach < need || core.length === 0) return null;
  if (held <= 0) {
    // The ones alone meet the need: let the least certain of them into the core.
    ones.sort((a, b) => value[b] - value[a]);
    while (held <= 0 && ones.length > 0) {
      const item = ones.pop()!;
      held += gain[item];
      core.push(item);
    }
  }
  ones.sort((a, b) => gain[b] - gain[a]);
  return { core, ones, zeros: zeros.slice(joined), held };
}

/** Σ cost·z ≥ bound holds wherever the knapsack row does. */
interface LiftedCosts {
  costs: Int32Array;
  bound: number;
}

/**
 * Sequentially lifted cover costs (Gu, Nemhauser, Savelsbergh 1998): the core gets costs up to `levels` by gain,
 * then each held item the largest cost that the dynamic program allows.
 */
function liftedCosts({ gain }: KnapsackRow, cover: Cover, levels: number): LiftedCosts | null {
  const costs = new Int32Array(gain.length);
  const table = new GainTable(LARGEST_CUT);
  let { held } = cover;
  let largest = 0;
  for (const item of cover.core) largest = Math.max(largest, Math.min(gain[item], held));
  for (const item of cover.core) {
    costs[item] = Math.round((levels * Math.min(gain[item], held)) / largest);
    table.add(costs[item], gain[item]);
  }
  let bound = table.leastCost(held);
  if (bound === 0 || bound > LARGEST_CUT / 2) return null;
  for (const item of cover.ones) {
    held += gain[item];
    // Held at 0 instead of 1, the rest must cost this much.
    const without = table.leastCost(held);
    if (without > LARGEST_CUT) return null;
    costs[item] = without - bound;
    table.add(costs[item], gain[item]);
    bound = without;
  }
  // No question from here on has an answer above the bound.
  table.narrow(bound);
  for (const item of cover.zeros) {
    costs[item] = bound - table.leastCost(held - gain[item]);
    table.add(costs[item], gain[item]);
  }
  return { costs, bound };
}

/** The cut on the row's own variables. */
function cutOf(knapsack: KnapsackRow, source: RowSum, { costs, bound }: LiftedCosts): RowCut | null {
  const columns: number[] = [];
  const coefficients: number[] = [];
  let shift = 0;
  for (let item = 0; item < costs.length; item++) {
    if (costs[item] === 0) continue;
    if (costs[item] > LARGEST_CUT) return null;
    columns.push(knapsack.columns[item]);
    coefficients.push(knapsack.complemented[item] ? -costs[item] : costs[item]);
    if (knapsack.complemented[item]) shift -= costs[item];
  }
  return columns.length > 0 ? { ...source, columns, coefficients, bound: bound + shift } : null;
}
