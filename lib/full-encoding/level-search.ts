import { CellTrials } from './cell-trials.js';
import type { Control } from './control.js';
import type { EncodedClass } from './encoded-class.js';
import { LinearBound, type Choice } from './linear-bound.js';
import { addCell } from './masked-input.js';

/** What one thread has to say of a size. */
export interface LevelResult {
  /** A mask of that size that keeps the class, and where in the tree it was found: the first counts. */
  mask: number[] | null;
  place: number;
  /** Choices that were bounded, and masks that were tried one by one. */
  nodes: number;
  tried: number;
  /** False where it was stopped. */
  complete: boolean;
}

/** Weights of the classes are moved so often before the search branches. */
const ROUNDS = 3;
const FIRST_ROUNDS = 30;
/** Subtrees below this depth are one thread's. */
const SHARED_DEPTH = 2;

class Stopped extends Error {}

/**
 * Branch and bound over the masks of exactly one size. A choice is given up where a weighted mean of the leads over the other
 * classes is proven to be negative for every mask it allows; else its most promising cell is first taken, then excluded.
 * Threads walk the same upper tree and take the subtrees below it in turn.
 */
export class LevelSearch {
  readonly #encoded: EncodedClass;
  readonly #bound: LinearBound;
  readonly #trials: CellTrials;
  readonly #refined: boolean;
  #control!: Control;
  #result!: LevelResult;
  /** Number of the last subtree that the walk came to, and of the next that this thread owns; whether it is inside. */
  #subtree = -1;
  #mine = -1;
  #inside = false;
  /** What the weighted mean of the leads must reach. */
  #demand = 0;

  constructor(encoded: EncodedClass) {
    const { layers } = encoded.network;
    this.#encoded = encoded;
    this.#trials = new CellTrials(encoded);
    this.#bound = new LinearBound(layers, encoded.input, encoded.run);
    this.#refined = layers.filter(({ kind }) => kind === 'linear').length > 2;
  }

  search(size: number, control: Control): LevelResult {
    const { input, run } = this.#encoded;
    this.#control = control;
    this.#result = { mask: null, place: 2 ** 31 - 1, nodes: 0, tried: 0, complete: true };
    this.#subtree = -1;
    this.#inside = false;
    this.#mine = control.take();
    const weights = new Float64Array(run.logits.length).fill(1 / (run.logits.length - 1));
    weights[this.#encoded.target] = 0;
    const choice = { z: input.bias.slice(), free: new Uint8Array(input.cells.length).fill(1), left: size };
    try {
      this.#explore(choice, [], weights, 0);
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    }
    return this.#result;
  }

  /** @param taken the cells chosen so far */
  #explore(choice: Choice, taken: number[], weights: Float64Array, depth: number): void {
    if (depth === SHARED_DEPTH) {
      this.#inside = false;
      if (!this.#isMine()) return;
      this.#inside = true;
    }
    if (choice.left === 0) {
      this.#tryMask(choice.z, taken);
      return;
    }
    const free = choice.free.slice();
    const own = { ...choice, free };
    const mean = weights.slice();
    let rounds = depth === 0 ? FIRST_ROUNDS : ROUNDS;
    for (;;) {
      this.#checkStopped();
      this.#result.nodes++;
      const bounded = this.#tighten(own, taken, mean, rounds);
      if (bounded < 0) return;
      if (own.left === 1) return this.#tryEach(own, taken);
      const cell = this.#bound.chosen[0];
      const z = own.z.slice();
      addCell(this.#encoded.input, z, cell);
      free[cell] = 0;
      this.#explore({ z, free, left: own.left - 1 }, [...taken, cell], mean, depth + 1);
      if (depth < SHARED_DEPTH) this.#inside = false;
      rounds = ROUNDS;
    }
  }

  /**
   * The smallest bound of a weighted mean of the leads that a few moves of the weights come to; they stay moved.
   * @returns a negative number where no mask of the choice keeps the class
   */
  #tighten(choice: Choice, taken: readonly number[], weights: Float64Array, rounds: number): number {
    const { target, delta } = this.#encoded;
    const bound = this.#bound;
    // Trying a single cell costs less than better bounds of inner layers.
    bound.prepare(choice, this.#refined && choice.left > 1);
    const factors = new Float64Array(weights.length);
    for (let round = 0; ; round++) {
      let sum = 0;
      for (let at = 0; at < weights.length; at++) {
        sum += weights[at];
        factors[at] = -weights[at];
      }
      factors[target] = sum;
      // The sum's own rounding, times the logits, is within `error`; that of delta's product is not.
      this.#demand = delta * sum * (1 - 2 ** -48);
      const most = bound.bound(factors, choice) - this.#demand;
      if (most < 0 || round === rounds) return most;
      const logits = bound.relaxedLogits(choice);
      if (round === 0 && this.#encoded.lead(bound.chosenInput) >= 0)
        this.#tryMask(bound.chosenInput, [...taken, ...bound.chosen.subarray(0, choice.left)]);
      moveWeights(weights, logits, target, 1.5 / Math.sqrt(1 + round));
    }
  }

  #tryEach({ z, free }: Choice, taken: readonly number[]): void {
    const { coefficients, constant, error } = this.#bound;
    this.#trials.begin(z);
    for (let cell = 0; cell < free.length; cell++) {
      if (!free[cell] || constant + coefficients[cell] + error < this.#demand) continue;
      this.#result.tried++;
      const cells = () => [...taken, cell];
      if (this.#encoded.logitsHold(this.#trials.logits(cell), cells)) this.#foundMask(cells());
    }
  }

  #tryMask(z: Float64Array, cells: number[]): void {
    this.#result.tried++;
    if (this.#encoded.holds(z, () => cells)) this.#foundMask(cells);
  }

  #foundMask(cells: number[]): never {
    this.#result.mask = cells;
    this.#result.place = this.#place;
    this.#control.found(this.#place);
    throw new Stopped();
  }

  /** Where the walk is: within a subtree, or behind it in the part of the tree that all threads walk. */
  get #place(): number {
    return 2 * this.#subtree + (this.#inside ? 0 : 1);
  }

  /** Whether the subtree that the walk comes to is this thread's. */
  #isMine(): boolean {
    this.#subtree++;
    if (this.#subtree !== this.#mine) return false;
    this.#mine = this.#control.take();
    return true;
  }

  #checkStopped(): void {
    if (this.#control.stopped) {
      this.#result.complete = false;
      throw new Stopped();
    }
    if (this.#place > this.#control.first) throw new Stopped();
  }
}

/** More weight to the classes over which the lead is small, as a game against them would give (multiplicative weights). */
function moveWeights(weights: Float64Array, logits: Float64Array, target: number, rate: number): void {
  let least = Infinity;
  let mean = 0;
  for (let at = 0; at < weights.length; at++) {
    if (at === target) continue;
    const lead = logits[target] - logits[at];
    if (lead < least) least = lead;
    mean += weights[at] * lead;
  }
  const spread = mean - least;
  if (!(spread > 0)) return;
  let sum = 0;
  for (let at = 0; at < weights.length; at++) {
    if (at === target) continue;
    const excess = (logits[target] - logits[at] - least) / spread;
    weights[at] = Math.max(1e-9, weights[at] * Math.exp(-rate * Math.min(excess, 3)));
    sum += weights[at];
  }
  for (let at = 0; at < weights.length; at++) weights[at] /= sum;
}
