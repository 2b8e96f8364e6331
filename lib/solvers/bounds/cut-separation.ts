import type { IntegerProblem } from '../../masks/integer-rows.js';
import {
  GainTable,
  knapsackRow,
  LARGEST_CUT,
  type KnapsackRow,
  type RowCut,
  type RowSum,
} from './row-cut.js';

const NEAR = 0.03;

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
  let best: RowCut | null = null;
  let bestDepth = least;
  for (const levels of [1, 2, 3, 5, 8]) {
    const costs = liftedCosts(knapsack, value, levels);
    if (!costs) continue;
    const cut = finish(knapsack, source, costs);
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

/**
 * Sequentially lifted cover costs (Gu, Nemhauser, Savelsbergh 1998): items near 1 are first held at 1 and items
 * near 0 at 0; the rest get costs 1 … levels by their gain. Then each held item gets the largest cost that the
 * dynamic program allows.
 */
function liftedCosts(row: KnapsackRow, value: Float64Array, levels: number): Int32Array | null {
  const { gain } = row;
  const items = gain.length;
  const costs = new Int32Array(items);
  const ones: number[] = [];
  const zeros: number[] = [];
  const core: number[] = [];
  let reach = 0;
  for (let item = 0; item < items; item++) {
    if (gain[item] === 0) continue;
    if (value[item] >= 1 - NEAR) ones.push(item);
    else if (value[item] <= NEAR) zeros.push(item);
    else core.push(item);
    if (value[item] > NEAR) reach += gain[item];
  }
  // The core must be able to meet the need; zeros join it, largest gain first, until it can.
  zeros.sort((a, b) => gain[b] - gain[a]);
  while (reach < row.need && zeros.length > 0) {
    const item = zeros.shift()!;
    reach += gain[item];
    core.push(item);
  }
  if (reach < row.need || core.length === 0) return null;
  const table = new GainTable(LARGEST_CUT);
  let largest = 0;
  let held = row.need;
  for (const item of ones) held -= gain[item];
  if (held <= 0) {
    // The ones alone meet the need: let the least certain of them into the core.
    ones.sort((a, b) => value[b] - value[a]);
    while (held <= 0 && ones.length > 0) {
      const item = ones.pop()!;
      held += gain[item];
      core.push(item);
    }
  }
  for (const item of core) largest = Math.max(largest, Math.min(gain[item], held));
  for (const item of core) {
    costs[item] = Math.max(levels === 1 ? 1 : 0, Math.round((levels * Math.min(gain[item], held)) / largest));
    table.add(costs[item], gain[item]);
  }
  let bound = table.leastCost(held);
  if (bound === 0 || bound > LARGEST_CUT / 2) return null;
  ones.sort((a, b) => gain[b] - gain[a]);
  for (const item of ones) {
    held += gain[item];
    // Held at 0 instead of 1, the rest must cost this much.
    const without = table.leastCost(held);
    if (without > LARGEST_CUT) return null;
    costs[item] = without - bound;
    table.add(costs[item], gain[item]);
    bound = without;
  }
  zeros.sort((a, b) => gain[b] - gain[a]);
  for (const item of zeros) {
    costs[item] = bound - table.leastCost(held - gain[item]);
    table.add(costs[item], gain[item]);
  }
  return costs;
}

/** Costs on knapsack items as a cut on the row's own variables, with the bound the dynamic program proves. */
function finish(knapsack: KnapsackRow, source: RowSum, costs: Int32Array): RowCut | null {
  const table = new GainTable(LARGEST_CUT);
  const columns: number[] = [];
  const coefficients: number[] = [];
  let shift = 0;
  for (let item = 0; item < costs.length; item++) {
    if (costs[item] > LARGEST_CUT || costs[item] < 0) return null;
    table.add(costs[item], knapsack.gain[item]);
    if (costs[item] === 0) continue;
    columns.push(knapsack.columns[item]);
    coefficients.push(knapsack.complemented[item] ? -costs[item] : costs[item]);
    if (knapsack.complemented[item]) shift -= costs[item];
  }
  const bound = table.leastCost(knapsack.need);
  return columns.length > 0 ? { ...source, columns, coefficients, bound: bound + shift } : null;
}
