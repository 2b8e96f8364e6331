import { badOption, wrongType } from '../../errors.js';
import type { IntegerProblem } from '../../masks/integer-rows.js';
import { DualBound } from '../bounds/dual-bound.js';
import { anneal, AnnealingCandidates, type AnnealingPlan, ViolationPrices } from './annealing.js';
import { SearchRows } from './search-rows.js';
import { Random } from '../../random.js';
import { SearchState } from './search-state.js';
import { WeightingSearch } from './row-weighting.js';

/** Work is counted in matrix entries visited; about 10^8 per second. A slice is what runs between two looks at it. */
const SLICE = 1_000_000;
/** Work of the first round of row weighting, and of later ones where nothing else is tried. */
const FIRST_WEIGHTING = 50_000_000;
const LONG_WEIGHTING = 500_000_000;
/** Two short coolings for whoever waits ten seconds only, then a long one; further ones grow by a factor. */
const COOLINGS = [100_000_000, 300_000_000, 1_500_000_000];
const LATER_COOLING = 3;
/** Iterations of the linear relaxation that tell which search suits the component. */
const RELAXATION_ITERATIONS = 300;
/** Where the relaxation comes this close to the best mask, annealing along its reduced costs wins. */
const TIGHT_RELAXATION = 0.6;
const LARGEST_REDUCED_COST = 0.3;
/** What cooling multiplies the price of an ever violated row by. */
const PRICE_RISE = 400;
/** And the same a slice, once it is cold. */
const FINAL_RISE = 1.15;
const PLAN: AnnealingPlan = { hot: 0.35, cold: 0.08, step: 0.3, slope: 5 };

export interface LocalSearchOptions {
  /** Any integer: fixes every random choice. */
  seed: number;
  /** A mask to start from, one byte per variable; it need not satisfy the rows. Default: a greedy one. */
  initial?: Uint8Array;
}

/**
 * Searches small masks of one component: minimise the number of ones subject to the rows. Starts greedily, then
 * goes on with row weighting where the linear relaxation says little (few pixels satisfy a row), and with ever
 * longer simulated annealing among the variables of small reduced cost where it says much (many pixels must come
 * together). The result depends on the seed and the total work alone, not on how `run` divides it.
 */
export class LocalSearch {
  /** The smallest mask found so far; all zero while `bestSize` is infinite. */
  readonly best: Uint8Array;
  /** Its number of ones; Infinity: none yet. */
  bestSize = Infinity;

  readonly #random: Random;
  readonly #state: SearchState;
  readonly #weighting: WeightingSearch;
  readonly #schedule: Generator<number, void, void>;
  #credit = 0;
  readonly #component: IntegerProblem;

  constructor(component: IntegerProblem, options: LocalSearchOptions) {
    this.#component = component;
    const { initial } = options;
    if (!Number.isInteger(options.seed)) {
      throw wrongType('seed', options.seed, 'a whole number');
    }
    if (initial && initial.length !== component.variables) {
      throw badOption('initial', initial, `one byte per variable, ${component.variables} of them`);
    }
    const rows = new SearchRows(component);
    this.best = new Uint8Array(rows.variables);
    this.#random = new Random(options.seed);
    this.#state = new SearchState(rows, initial ?? this.best);
    this.#repair();
    this.#weighting = new WeightingSearch(new SearchState(rows, this.#state.mask), this.#random);
    this.#schedule = this.#slices();
  }

  /** Searches for about this much more work: whole slices, so a call may do one more or one less than asked. */
  run(work: number): void {
    this.#credit += work;
    while (this.#credit > 0) this.#credit -= this.#schedule.next().value ?? Infinity;
    if (this.#credit === -Infinity) this.#credit = 0;
  }

  /** A better mask from elsewhere (an exactly solved neighbourhood, another search). Ignored if it is not better. */
  offer(mask: Uint8Array): boolean {
    const offered = new SearchState(this.#state.rows, mask);
    if (offered.violated.count > 0 || offered.ones.count >= this.bestSize) return false;
    this.#keep(offered);
    this.#weighting.assign(mask);
    return true;
  }

  /** Adds what helps violated rows most, then drops what no row needs; keeps the mask if it is the best. */
  #repair(): void {
    const state = this.#state;
    const { rows, violated, mask, slack } = state;
    let stuck = 0;
    while (violated.count > 0 && stuck <= violated.count) {
      const row = violated.items[this.#random.below(violated.count)];
      let best = -1;
      let bestGain = -Infinity;
      for (let entry = rows.helpfulStarts[row]; entry < rows.helpfulStarts[row + 1]; entry++) {
        const variable = rows.helpful[entry];
        if (mask[variable]) continue;
        let gain = 0;
        for (let at = rows.starts[variable]; at < rows.starts[variable + 1]; at++) {
          const to = rows.rowOf[at];
          const after = slack[to] + rows.valueOf[at];
          gain += (Math.min(0, after) - Math.min(0, slack[to])) * rows.unit[to];
        }
        if (gain > bestGain) {
          bestGain = gain;
          best = variable;
        }
      }
      if (best < 0) stuck++;
      else {
        state.flip(best);
        stuck = 0;
      }
    }
    if (violated.count > 0) {
      // The greedy choice ran into negative coefficients; everything at once is another candidate.
      state.assign(mask.map(() => 1));
      if (violated.count > 0) return;
    }
    this.#dropSpare();
    this.#keep(state);
  }

  #dropSpare(): void {
    const state = this.#state;
    for (let index = state.ones.count - 1; index >= 0; index--) {
      const variable = state.ones.items[index];
      if (variable !== undefined && state.mask[variable] && state.isSpare(variable)) state.flip(variable);
    }
  }

  #keep(state: SearchState): void {
    if (state.ones.count >= this.bestSize) return;
    this.bestSize = state.ones.count;
    this.best.set(state.mask);
  }

  /** The whole search as a sequence of slices; each yields the work it did. */
  *#slices(): Generator<number, void, void> {
    if (this.#state.rows.rows === 0 || this.bestSize === 0) return;
    yield* this.#weigh(FIRST_WEIGHTING);
    const relaxation = new DualBound(this.#component);
    for (let done = 0; done < RELAXATION_ITERATIONS; done += 10) {
      relaxation.run(10);
      yield 40 * this.#state.rows.columns.length;
    }
    if (!(relaxation.bound >= TIGHT_RELAXATION * this.bestSize)) {
      for (;;) yield* this.#weigh(LONG_WEIGHTING);
    }
    const candidates = new AnnealingCandidates(
      this.#state.rows,
      relaxation.reducedCosts(),
      LARGEST_REDUCED_COST,
    );
    for (let round = 0; ; round++) {
      const later = round - COOLINGS.length + 1;
      const length = later <= 0 ? COOLINGS[round] : COOLINGS.at(-1)! * LATER_COOLING ** later;
      yield* this.#cool(candidates, length);
      this.#weighting.assign(this.best);
      yield* this.#weigh(length / 20);
    }
  }

  *#weigh(work: number): Generator<number, void, void> {
    const keep = (): void => this.#keep(this.#weighting.state);
    for (let done = 0; done < work;) {
      const slice = this.#weighting.run(SLICE, Math.min(this.bestSize, this.#state.rows.variables + 1), keep);
      done += slice;
      yield slice;
    }
  }

  /** One cooling, beginning at the best mask; then a greedy repair. */
  *#cool(candidates: AnnealingCandidates, work: number): Generator<number, void, void> {
    if (this.bestSize < Infinity) this.#state.assign(this.best);
    const { hot, cold } = PLAN;
    const keep = (): void => this.#keep(this.#state);
    const prices = new ViolationPrices(this.#state, PLAN);
    const raise = Math.pow(PRICE_RISE, SLICE / work);
    for (let done = 0; done < work;) {
      const from = hot * Math.pow(cold / hot, done / work);
      const to = hot * Math.pow(cold / hot, Math.min(1, (done + SLICE) / work));
      const slice = anneal(this.#state, this.#random, prices, candidates, { from, to }, SLICE, keep);
      prices.raise(raise);
      done += slice;
      yield slice;
    }
    // Until every row holds, and a little longer: rows that do not yet soon cost more than what mends them.
    for (let spent = 0; spent < work / 5 && this.#state.violated.count > 0;) {
      const slice = anneal(
        this.#state,
        this.#random,
        prices,
        candidates,
        { from: cold, to: cold },
        SLICE,
        keep,
      );
      prices.raise(FINAL_RISE);
      spent += slice;
      yield slice;
    }
    this.#repair();
  }
}
