import type { IntegerProblem } from '../../masks/integer-rows.js';
import type { RowCut } from '../bound-evidence.js';
import { exactDual } from './dual-evidence.js';
import type { DualEvidence } from '../bound-evidence.js';
import { PrimalDual } from './primal-dual.js';
import { RowNeighbours } from './row-neighbours.js';
import { cardinalityCut, separateSum } from './cut-separation.js';
import { Random } from '../../random.js';

const SCALE = 44;
/** Iterations between two looks for violated cuts. */
const ROUND = 400;
/** Iterations between two looks at what the multipliers prove, which costs as much as two iterations. */
const CHECK = 40;
/** Iterations between two shares of that work. */
const SHARE = 10;
/** A cut without a price for `IDLE_ROUNDS` rounds is left out; it is found again where it matters. */
const IDLE_ROUNDS = 3;
/** A cut must be violated by this much, relative to its length, to be taken in. */
const DEPTH = 0.005;

/**
 * A proven lower bound for one component: the linear relaxation with one cardinality cut a row and lifted cover
 * cuts, solved approximately by a primal-dual method. Whatever multipliers it holds prove a bound; the bound is
 * evaluated in exact arithmetic and rounded up, so it never rests on floating point.
 */
export class DualBound {
  /** No mask of the component has fewer ones. */
  bound = 0;

  readonly #method: PrimalDual;
  #cuts: RowCut[] = [];
  /** For how many rounds each cut has had no price. */
  #idleRounds: number[] = [];
  readonly #known = new Set<string>();
  #best: DualEvidence = { kind: 'dual', scale: SCALE, rows: [], cuts: [] };
  #iterations = 0;
  #checked = -Infinity;
  readonly #neighbours: RowNeighbours;
  readonly #random = new Random(1);
  readonly #component: IntegerProblem;

  constructor(component: IntegerProblem) {
    this.#component = component;
    for (let row = 0; row < component.bounds.length; row++) {
      const cut = cardinalityCut(component, row);
      if (cut) this.#take(cut);
    }
    this.#neighbours = new RowNeighbours(component);
    this.#method = new PrimalDual(component, this.#cuts);
  }

  /** Runs this many more iterations, each about two passes over the rows and cuts. */
  run(iterations: number): void {
    for (let left = iterations; left > 0;) {
      const count = Math.min(left, SHARE - (this.#iterations % SHARE));
      this.#method.iterate(count);
      this.#iterations += count;
      left -= count;
      if (this.#iterations % SHARE === 0) this.#separate();
      if (this.#iterations % ROUND === 0) this.#renew();
    }
    if (this.#iterations - this.#checked < CHECK) return;
    this.#checked = this.#iterations;
    this.#check();
  }

  /** What proves `bound`: see `exactDual`. */
  evidence(): DualEvidence {
    return this.#best;
  }

  /**
   * 1 − Σ multiplier·coefficient of every variable at the current multipliers: large where a small mask is
   * unlikely to have a one. A hint for searches, not a proof.
   */
  reducedCosts(): Float64Array {
    return this.#method.reducedCosts();
  }

  /** The current fractional point, a hint as well. */
  point(): Float64Array {
    return this.#method.point();
  }

  /** Evaluates the multipliers exactly where floating point says that they prove more than before. */
  #check(): void {
    const { value, multipliers } = this.#method.bestDual();
    if (Math.ceil(value - 1e-9) <= this.bound) return;
    const rows = this.#component.bounds.length;
    const evidence: DualEvidence = { kind: 'dual', scale: SCALE, rows: [], cuts: [] };
    for (let at = 0; at < multipliers.length; at++) {
      const multiplier = Math.floor(multipliers[at] * 2 ** SCALE);
      if (!(multiplier > 0)) continue;
      if (!Number.isSafeInteger(multiplier)) return;
      if (at < rows) evidence.rows.push({ row: at, multiplier });
      else evidence.cuts.push({ ...this.#cuts[at - rows], multiplier });
    }
    const bound = exactDual(this.#component, evidence);
    if (bound <= this.bound) return;
    this.bound = bound;
    this.#best = evidence;
  }

  /** Looks for cuts in a share of the rows, alone and added to a neighbour: a round looks at each row once. */
  #separate(): void {
    const point = this.#method.point();
    const multipliers = this.#method.multipliers();
    const part = Math.floor(this.#iterations / SHARE) % (ROUND / SHARE);
    for (let row = part; row < this.#neighbours.rows; row += ROUND / SHARE) {
      const alone = separateSum(this.#component, { rows: [row], times: [1] }, point, DEPTH);
      if (alone) this.#take(alone);
      const sum = this.#neighbours.sum(row, multipliers, this.#random);
      if (!sum) continue;
      const cut = separateSum(this.#component, sum, point, DEPTH);
      if (cut) this.#take(cut);
    }
  }

  /** Takes the new cuts in, and leaves out those that have had no price for two rounds. */
  #renew(): void {
    const kept: number[] = [];
    this.#cuts.forEach((_, at) => {
      this.#idleRounds[at] = this.#method.idle(at) ? (this.#idleRounds[at] ?? 0) + 1 : 0;
      if (this.#idleRounds[at] < IDLE_ROUNDS) kept.push(at);
      else this.#known.delete(keyOf(this.#cuts[at]));
    });
    this.#cuts = kept.map((at) => this.#cuts[at]);
    this.#idleRounds = kept.map((at) => this.#idleRounds[at]);
    this.#method.keep(this.#cuts, kept);
  }

  #take(cut: RowCut): void {
    const key = keyOf(cut);
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.#cuts.push(cut);
  }
}

function keyOf({ rows, bound, columns, coefficients }: RowCut): string {
  return `${rows.join('+')} ${bound} ${columns.join()} ${coefficients.join()}`;
}
