import type { SearchRows } from './search-rows.js';
import type { Random } from '../../random.js';
import type { SearchState } from './search-state.js';

/** Energy of a mask: its ones, plus for every violated row `step` + `slope` · deficit / largest coefficient. */
export interface AnnealingPlan {
  hot: number;
  cold: number;
  step: number;
  slope: number;
}

/** What a violated row costs, row by row; rows that stay violated are made dearer. */
export class ViolationPrices {
  readonly step: Float64Array;
  /** A unit of the row's deficit; the row's largest coefficient is worth `slope` at first. */
  readonly slope: Float64Array;
  readonly #state: SearchState;

  constructor(state: SearchState, plan: AnnealingPlan) {
    this.#state = state;
    this.step = new Float64Array(state.rows.rows).fill(plan.step);
    this.slope = state.rows.unit.map((unit) => unit * plan.slope);
  }

  raise(factor: number): void {
    const { violated } = this.#state;
    for (let index = 0; index < violated.count; index++) {
      this.step[violated.items[index]] *= factor;
      this.slope[violated.items[index]] *= factor;
    }
  }
}

/** How often a variable is added that is not among the likely ones. */
const ANY_VARIABLE = 0.1;

/** Variables that may be added for the sake of a row: all its helpful ones, or the likeliest of them. */
export class AnnealingCandidates {
  readonly starts: Int32Array;
  readonly items: Int32Array;

  /**
   * With reduced costs of the linear relaxation, those above `limit` are left out, unless a row would keep none:
   * a small mask seldom has them, and most moves would be wasted on them.
   */
  constructor(rows: SearchRows, reducedCosts?: Float64Array, limit = Infinity) {
    this.starts = new Int32Array(rows.rows + 1);
    const items = new Int32Array(rows.helpful.length);
    let count = 0;
    for (let row = 0; row < rows.rows; row++) {
      const all = rows.helpful.subarray(rows.helpfulStarts[row], rows.helpfulStarts[row + 1]);
      for (const variable of all) {
        if (!reducedCosts || reducedCosts[variable] <= limit) items[count++] = variable;
      }
      if (count === this.starts[row]) {
        items.set(all, count);
        count += all.length;
      }
      this.starts[row + 1] = count;
    }
    this.items = items.slice(0, count);
  }
}

/**
 * Simulated annealing over masks that may violate rows: swap a one for a variable of one of its rows, take a one
 * away, or add a variable that helps a random (a violated one, where there is any) row. Its last state is close
 * to feasible, rarely feasible: the caller repairs it.
 */
export function anneal(
  state: SearchState,
  random: Random,
  prices: ViolationPrices,
  candidates: AnnealingCandidates,
  temperatures: { from: number; to: number },
  work: number,
  onFeasible: () => void,
): number {
  const { rows, slack, mask, ones, violated } = state;
  const { starts, rowOf, valueOf } = rows;
  const { starts: helpfulStarts, items: helpful } = candidates;
  const { step, slope } = prices;
  const ratio = temperatures.to / temperatures.from;
  let temperature = temperatures.from;
  let done = 0;
  let nextCooling = 0;
  let smallest = Infinity;

  const violationChange = (variable: number, sign: number): number => {
    let change = 0;
    for (let at = starts[variable], end = starts[variable + 1]; at < end; at++) {
      const row = rowOf[at];
      const before = slack[row];
      const after = before + sign * valueOf[at];
      if (before < 0) {
        if (after < 0) change += slope[row] * (before - after);
        else change -= step[row] - slope[row] * before;
      } else if (after < 0) change += step[row] - slope[row] * after;
    }
    done += 2 + starts[variable + 1] - starts[variable];
    return change;
  };
  const accepted = (change: number): boolean =>
    change <= 0 || random.unit() < Math.exp(-change / temperature);

  while (done < work) {
    done += 4;
    if (done >= nextCooling) {
      temperature = temperatures.from * Math.pow(ratio, Math.min(1, done / work));
      nextCooling = done + 20_000;
    }
    const kind = random.unit();
    if (kind < 0.75) {
      if (ones.count === 0) {
        if (violated.count === 0) break;
        continue;
      }
      const out = ones.items[random.below(ones.count)];
      if (starts[out + 1] === starts[out]) {
        state.flip(out);
        continue;
      }
      if (kind < 0.5) {
        const row = rowOf[starts[out] + random.below(starts[out + 1] - starts[out])];
        if (helpfulStarts[row + 1] === helpfulStarts[row]) continue;
        const into = helpful[helpfulStarts[row] + random.below(helpfulStarts[row + 1] - helpfulStarts[row])];
        if (mask[into]) continue;
        const removal = violationChange(out, -1);
        state.flip(out);
        state.flip(accepted(removal + violationChange(into, 1)) ? into : out);
      } else if (accepted(violationChange(out, -1) - 1)) state.flip(out);
    } else {
      const row = violated.count > 0 ? violated.items[random.below(violated.count)] : random.below(rows.rows);
      // Now and then any variable that helps: the likely ones alone need not be able to satisfy the row.
      const any = random.unit() < ANY_VARIABLE;
      const from = any ? rows.helpfulStarts[row] : helpfulStarts[row];
      const count = (any ? rows.helpfulStarts[row + 1] : helpfulStarts[row + 1]) - from;
      if (count === 0) continue;
      const into = (any ? rows.helpful : helpful)[from + random.below(count)];
      if (!mask[into] && accepted(violationChange(into, 1) + 1)) state.flip(into);
    }
    if (violated.count === 0 && ones.count < smallest) {
      smallest = ones.count;
      onFeasible();
    }
  }
  return done;
}
