import { halfWeights, trapezoidWeights, worstIntervals, type PathSample } from './adaptive-trapezoid.js';
import {
  changesAtOnce,
  LAYER_PROBES,
  layerWidth,
  ordersOfMagnitude,
  proportional,
  type Coordinate,
  type PathEnds,
} from './boundary-layer.js';
import { gaussLegendre, gaussPatterson, type NestedLevel } from './quadrature.js';

/**
 * A path that 15 points of a smooth rule do not settle is not smooth, and more points of such rules then help by
 * luck only: on MobileNet v1, 7, 15, 31 and 63 points reach 1 % on 0, 1, 1 and 4 of 16 photographs.
 */
export const LARGEST_SMOOTH_RULE = 15;
/** Along orders of magnitude 15, 31 and 63 points leave 3, 0.1 and 0.1 % on ConvNeXt atto, 7, 0.5 and 0 % on Swin tiny. */
const LARGEST_RULE_IN_LAYER = 31;
/**
 * Points a refinement adds at once: enough to fill an engine's batches. MobileNet v1 then takes a median of 62 to
 * reach 1 %; 4 at once would take 45, yet leave engines further apart (99.87 % of the top 3,000 in common at worst
 * of eight photographs, 99.93 % with 8).
 */
const REFINED_AT_ONCE = 8;
/** The first refinement asks for both ends; fewer points than those are not worth another. */
export const FEWEST_REFINED = 2;

/** Points of a path to evaluate next, which only show the way. */
export interface Round {
  alphas: ArrayLike<number>;
}

/** Points that complete a rule. */
export interface WeightedRound extends Round {
  /** What every point of the path weighs once these are evaluated, too, in that order. */
  weights(): Float64Array;
  /** Whether no rule before it was of its kind. */
  first: boolean;
  /** Of a trapezoid rule: what every point weighs in the two rules of every other point of it, and both ends. */
  halves?(): Float64Array[];
}

export function isWeighted(round: Round): round is WeightedRound {
  return 'weights' in round;
}

/**
 * Which points of a path are evaluated, round by round. Smooth rules first, Gauss–Patterson's of 7 and 15 points. A path that
 * changes at once where it starts is then walked along its orders of magnitude (`boundary-layer.ts`), by such rules again. What
 * they do not settle is refined where its exact local error is largest (`adaptive-trapezoid.ts`).
 */
export class PathRule {
  /** In order of evaluation. */
  readonly alphas: number[] = [];
  /** F at each of them. */
  readonly values: number[] = [];
  /** dF/dα at the first of them, as far as known. */
  slopes: readonly number[] = [];
  #coordinate: Coordinate = proportional;
  readonly #ends: PathEnds;
  readonly #rounds: Generator<Round, void>;

  /**
   * @param most points that the path may have
   * @param steps exactly this many, as one Gauss–Legendre rule
   */
  constructor(ends: PathEnds, most: number, steps?: number) {
    this.#ends = ends;
    this.#rounds = this.#plan(most, steps);
  }

  /**
   * The next round, chosen from the values so far.
   * @throws Error without room for `FEWEST_REFINED` points more, or after the rule of `steps` points
   */
  next(): Round {
    const { value } = this.#rounds.next();
    if (value === undefined) throw new Error('This path has no more points to evaluate');
    return value;
  }

  take(alpha: number, value: number): void {
    this.alphas.push(alpha);
    this.values.push(value);
  }

  *#plan(most: number, steps?: number): Generator<Round, void> {
    if (steps !== undefined) return yield* this.#levels(exactly(steps));
    const room = () => most - this.alphas.length;
    const within = gaussPatterson().levels.filter(({ size }) => size <= most);
    const smooth = within.filter(({ size }) => size <= LARGEST_SMOOTH_RULE);
    let layered = false;
    for (const round of this.#levels(smooth.length > 0 ? smooth : exactly(most))) {
      yield round;
      layered = changesAtOnce(this.#samples(), this.#ends);
      if (layered) break;
    }
    if (layered && smooth.length > 0 && room() >= LAYER_PROBES.length + smooth[0].size) {
      yield { alphas: LAYER_PROBES };
      this.#coordinate = ordersOfMagnitude(layerWidth(this.#samples(), this.#ends));
      const largest = Math.min(LARGEST_RULE_IN_LAYER, room());
      yield* this.#levels(within.filter(({ size }) => size <= largest));
    }
    while (room() >= FEWEST_REFINED) yield this.#refinement(Math.min(room(), REFINED_AT_ONCE));
  }

  /** Nested rules over the coordinate, whose first point is the path's next. */
  *#levels(levels: readonly NestedLevel[]): Generator<WeightedRound, void> {
    const before = this.alphas.length;
    for (const [level, { added, weights }] of levels.entries()) {
      yield {
        alphas: added.map((u) => this.#coordinate.alphaOf(u)),
        weights: () =>
          Float64Array.from(this.alphas, (alpha, at) =>
            at < before ? 0 : weights[at - before] * this.#coordinate.slope(alpha),
          ),
        first: level === 0,
      };
    }
  }

  #refinement(count: number): WeightedRound {
    const { alphaOf, slope } = this.#coordinate;
    const samples = this.#samples().map(({ alpha, value, slope: steepness }) => ({
      alpha: this.#coordinate.uOf(alpha),
      value,
      ...(steepness !== undefined && { slope: steepness * slope(alpha) }),
    }));
    const alphas = worstIntervals(samples, count).map(alphaOf);
    const along = (weightsOf: (us: readonly number[]) => Float64Array) =>
      weightsOf(this.alphas.map(this.#coordinate.uOf)).map((weight, at) => weight * slope(this.alphas[at]));
    return {
      alphas,
      weights: () => along(trapezoidWeights),
      halves: () => [0, 1].map((parity) => along((us) => halfWeights(us, parity))),
      first: false,
    };
  }

  #samples(): PathSample[] {
    return this.alphas.map((alpha, at) => ({ alpha, value: this.values[at], slope: this.slopes[at] }));
  }
}

/** The Gauss–Legendre rule of so many points, as the only level. */
function exactly(size: number): NestedLevel[] {
  const rule = gaussLegendre(size);
  return [{ size, added: rule.points, weights: rule.weights }];
}
