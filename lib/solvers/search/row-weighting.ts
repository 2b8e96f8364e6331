import type { Random } from '../../random.js';
import type { SearchState } from './search-state.js';

const SAMPLE = 700;
const TENURE = 3;

/**
 * Row-weighting local search (after Gao, Weise and Li's RWLS for set cover, 2015, carried over to rows with
 * signed coefficients): the target is one below the best size; each step takes away the one that costs least
 * and adds the variable that helps a random violated row most; rows that stay violated gain weight.
 *
 * A row's violation is 1 + deficit / largest coefficient while its slack is negative. `score[j]` is the weighted
 * violation that flipping j would take away; it is kept up to date, not recomputed.
 */
export class WeightingSearch {
  readonly #weight: Float64Array;
  readonly #score: Float64Array;
  readonly #stamp: Int32Array;
  #step = 0;

  /** `state` is owned by this search from now on. */
  readonly #random: Random;

  constructor(
    readonly state: SearchState,
    random: Random,
  ) {
    this.#random = random;
    this.#weight = new Float64Array(state.rows.rows).fill(1);
    this.#score = new Float64Array(state.rows.variables);
    this.#stamp = new Int32Array(state.rows.variables).fill(-TENURE - 1);
    this.#scoreAll();
  }

  assign(mask: Uint8Array): void {
    this.state.assign(mask);
    this.#scoreAll();
  }

  /**
   * Runs until `work` entries were visited; returns the work done. `onBetter` is called with the state at a
   * mask that holds and is smaller than `target`; the search goes on from there, one smaller.
   */
  run(work: number, target: number, onBetter: () => void): number {
    const { state } = this;
    const { rows, ones, violated } = state;
    const flipCost = 3 + Math.ceil((rows.columns.length / Math.max(1, rows.variables)) * this.#meanLength());
    let done = 0;
    while (done < work) {
      this.#step++;
      while (violated.count === 0) {
        if (ones.count < target) {
          target = ones.count;
          onBetter();
        }
        if (ones.count === 0) return work;
        this.#flip(this.#cheapest(ones.count));
        done += flipCost + ones.count;
      }
      if (ones.count > 0) {
        this.#flip(this.#cheapest(SAMPLE));
        done += flipCost + Math.min(SAMPLE, ones.count);
      }
      while (ones.count < target - 1 && violated.count > 0) {
        const add = this.#mostHelpful(violated.items[this.#random.below(violated.count)]);
        if (add < 0) break;
        this.#flip(add);
        done += flipCost;
      }
      done += this.#weigh() + 8;
    }
    return done;
  }

  #meanLength(): number {
    return this.state.rows.columns.length / Math.max(1, this.state.rows.rows);
  }

  #scoreAll(): void {
    const { rows, slack, mask } = this.state;
    this.#score.fill(0);
    for (let row = 0; row < rows.rows; row++) {
      const weight = this.#weight[row];
      const unit = rows.unit[row];
      const now = slack[row] >= 0 ? 0 : 1 - slack[row] * unit;
      for (let at = rows.offsets[row]; at < rows.offsets[row + 1]; at++) {
        const then = slack[row] + (mask[rows.columns[at]] ? -rows.values[at] : rows.values[at]);
        this.#score[rows.columns[at]] += weight * (now - (then >= 0 ? 0 : 1 - then * unit));
      }
    }
  }

  #flip(variable: number): void {
    const { rows, slack, mask } = this.state;
    const { offsets, columns, values } = rows;
    const score = this.#score;
    const sign = mask[variable] ? -1 : 1;
    for (let at = rows.starts[variable], end = rows.starts[variable + 1]; at < end; at++) {
      const row = rows.rowOf[at];
      const before = slack[row];
      const after = before + sign * rows.valueOf[at];
      const reach = rows.reach[row];
      if (before >= reach && after >= reach) continue;
      const weight = this.#weight[row];
      const unit = rows.unit[row];
      const costBefore = before >= 0 ? 0 : 1 - before * unit;
      const costAfter = after >= 0 ? 0 : 1 - after * unit;
      for (let entry = offsets[row], stop = offsets[row + 1]; entry < stop; entry++) {
        const column = columns[entry];
        const change = mask[column] ? -values[entry] : values[entry];
        const thenBefore = before + change;
        const thenAfter = after + change;
        const gainBefore = costBefore - (thenBefore >= 0 ? 0 : 1 - thenBefore * unit);
        const gainAfter = costAfter - (thenAfter >= 0 ? 0 : 1 - thenAfter * unit);
        if (gainBefore !== gainAfter) score[column] += weight * (gainAfter - gainBefore);
      }
    }
    this.state.flip(variable);
    this.#stamp[variable] = this.#step;
    this.#rescore(variable);
  }

  /** The flipped variable's own score, exactly: it also stops rounding errors from piling up. */
  #rescore(variable: number): void {
    const { rows, slack, mask } = this.state;
    const sign = mask[variable] ? -1 : 1;
    let score = 0;
    for (let at = rows.starts[variable], end = rows.starts[variable + 1]; at < end; at++) {
      const row = rows.rowOf[at];
      const unit = rows.unit[row];
      const now = slack[row];
      const then = now + sign * rows.valueOf[at];
      score += this.#weight[row] * ((now >= 0 ? 0 : 1 - now * unit) - (then >= 0 ? 0 : 1 - then * unit));
    }
    this.#score[variable] = score;
  }

  /** The one whose loss adds least violation, the oldest of equals; of all where there are few, else of a sample. */
  #cheapest(sample: number): number {
    const { ones } = this.state;
    const score = this.#score;
    const stamp = this.#stamp;
    const all = ones.count <= sample;
    const tries = all ? ones.count : sample;
    const forbidden = this.#step - TENURE;
    let best = -1;
    let bestScore = -Infinity;
    for (let attempt = 0; attempt < tries; attempt++) {
      const variable = ones.items[all ? attempt : this.#random.below(ones.count)];
      if (stamp[variable] >= forbidden) continue;
      const value = score[variable];
      if (value > bestScore || (value === bestScore && stamp[variable] < stamp[best])) {
        bestScore = value;
        best = variable;
      }
    }
    return best < 0 ? ones.items[this.#random.below(ones.count)] : best;
  }

  /** The zero with a positive coefficient in the row whose addition takes most violation away; −1: none free. */
  #mostHelpful(row: number): number {
    const { rows, mask } = this.state;
    const score = this.#score;
    const stamp = this.#stamp;
    const forbidden = this.#step - TENURE;
    let best = -1;
    let bestScore = -Infinity;
    for (let at = rows.helpfulStarts[row], end = rows.helpfulStarts[row + 1]; at < end; at++) {
      const variable = rows.helpful[at];
      if (mask[variable] || stamp[variable] >= forbidden) continue;
      const value = score[variable];
      if (value > bestScore || (value === bestScore && stamp[variable] < stamp[best])) {
        bestScore = value;
        best = variable;
      }
    }
    return best;
  }

  /** Every violated row gains one unit of weight. */
  #weigh(): number {
    const { rows, slack, mask, violated } = this.state;
    const score = this.#score;
    let visited = 0;
    for (let index = 0; index < violated.count; index++) {
      const row = violated.items[index];
      this.#weight[row] += 1;
      const unit = rows.unit[row];
      const now = slack[row];
      const cost = 1 - now * unit;
      for (let at = rows.offsets[row], end = rows.offsets[row + 1]; at < end; at++) {
        const column = rows.columns[at];
        const then = now + (mask[column] ? -rows.values[at] : rows.values[at]);
        score[column] += cost - (then >= 0 ? 0 : 1 - then * unit);
      }
      visited += rows.offsets[row + 1] - rows.offsets[row];
    }
    return visited;
  }
}
