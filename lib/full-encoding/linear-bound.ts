import { Anchors } from './anchors.js';
import { InnerAnchors } from './inner-anchors.js';
import { Intervals } from './intervals.js';
import type { Layer, LinearLayer, MaxLayer } from './layers.js';
import { addCell, type MaskedInput } from './masked-input.js';
import { floatWeights, UNDERFLOW, UNIT_ROUNDOFF, type NetworkRun } from './network-run.js';

/** What may still be chosen: pre-activations so far, the cells that are free, and how many of them are added. */
export interface Choice {
  z: Float64Array;
  free: Uint8Array;
  left: number;
}

/** The lines that stand for a layer's non-linearity at a node of the search. */
interface Lines {
  /** ReLU: per node; maxima: per entry of the rows. */
  slopes: Float64Array;
  /** Per output. */
  intercepts: Float64Array;
  /** ReLU: slope of the line below, between 0 and 1, of nodes that may be on either side. */
  below: Float64Array;
}

/**
 * Upper bounds of linear functions of the logits, as linear functions of the mask: every ReLU and every maximum is replaced by a
 * line above it or below it, whichever the sign of its weight asks for, and the lines are substituted from the logits back to
 * the first layer (CROWN, Zhang et al. 2018; DeepPoly, Singh et al. 2019). Over masks with exactly `left` more cells such a
 * function is largest where its `left` largest coefficients are.
 */
export class LinearBound {
  /** Per cell, after `substitute`. */
  readonly coefficients: Float64Array;
  constant = 0;
  /** What float64 may have lost of constant, coefficients and their sums, at most. */
  error = 0;
  /** The cells with the largest coefficients, after `largest`. */
  readonly chosen: Int32Array;
  readonly #layers: readonly Layer[];
  readonly #weights: (Float64Array | null)[];
  readonly #input: MaskedInput;
  readonly #run: NetworkRun;
  readonly #intervals: Intervals;
  /** Per layer: factor of every output in the function. */
  readonly #factors: Float64Array[];
  readonly #lines: (Lines | null)[];
  /** Of the first layer's ReLUs, where they come next. */
  readonly #anchors: Anchors | null;
  /** Of the second layer's. */
  readonly #inner: InnerAnchors | null;
  readonly #values: Float64Array[];

  constructor(layers: readonly Layer[], input: MaskedInput, run: NetworkRun) {
    this.#layers = layers;
    this.#input = input;
    this.#run = run;
    this.#intervals = new Intervals(layers, input, run);
    this.#weights = layers.map((layer) => (layer.kind === 'linear' ? floatWeights(layer) : null));
    this.#factors = layers.map(({ outputs }) => new Float64Array(outputs));
    this.#values = layers.map(({ outputs }) => new Float64Array(outputs));
    this.#lines = layers.map((layer) =>
      layer.kind === 'linear'
        ? null
        : {
            slopes: new Float64Array(layer.kind === 'relu' ? layer.outputs : layer.columns.length),
            intercepts: new Float64Array(layer.outputs),
            below: new Float64Array(layer.outputs),
          },
    );
    this.#anchors = layers[1]?.kind === 'relu' ? new Anchors(input) : null;
    const [, relu, second, innerRelu] = layers;
    this.#inner =
      relu?.kind === 'relu' && second?.kind === 'linear' && innerRelu?.kind === 'relu'
        ? new InnerAnchors(second.outputs, input.cells.length)
        : null;
    this.coefficients = new Float64Array(input.cells.length);
    this.chosen = new Int32Array(input.cells.length);
  }

  /**
   * Learns between what bounds every layer's inputs lie.
   * @param refined also inner linear layers by substitution, not by interval arithmetic alone
   */
  prepare(choice: Choice, refined: boolean): void {
    const layers = this.#layers;
    this.#intervals.first(choice.z, choice.free, choice.left);
    this.#inner?.forget();
    this.#anchors?.place(choice.z, this.#intervals.ranges[0]);
    for (let at = 1; at < layers.length - 1; at++) {
      this.#intervals.follow(at);
      const layer = layers[at];
      if (layer.kind === 'relu') this.#guessBelow(at);
      else if (refined && layer.kind === 'linear') this.#refine(at, choice);
    }
  }

  /**
   * The bound of Σ_i factors_i logit_i; larger than the real maximum over the masks of the choice.
   * @returns constant + the largest coefficients + error
   */
  bound(factors: Float64Array, choice: Choice): number {
    const last = this.#layers.length - 1;
    this.#factors[last].set(factors);
    this.#substitute(last, choice.z);
    return this.constant + this.#largest(choice) + this.error;
  }

  /**
   * The relaxed logits where the last bound is attained; also moves the lines below ReLUs to where they would have made it
   * smaller.
   */
  relaxedLogits({ z, left }: Choice): Float64Array {
    const first = this.#values[0];
    first.set(z);
    for (let at = 0; at < left; at++) addCell(this.#input, first, this.chosen[at]);
    this.#anchors?.choose(this.chosen.subarray(0, left));
    for (let at = 1; at < this.#layers.length; at++) {
      const layer = this.#layers[at];
      const before = this.#values[at - 1];
      const values = this.#values[at];
      const lines = this.#lines[at];
      if (layer.kind === 'relu') {
        for (let node = 0; node < values.length; node++) {
          values[node] = lines!.slopes[node] * before[node] + lines!.intercepts[node];
          lines!.below[node] = before[node] > 0 ? 1 : 0;
        }
        if (at === 3) this.#inner?.compare(values, this.#factors[3], this.chosen.subarray(0, left));
        if (at === 1) this.#anchors?.compare(values, this.#factors[1], this.#intervals.ranges[0]);
        continue;
      }
      const weights = layer.kind === 'linear' ? this.#weights[at]! : lines!.slopes;
      const base = layer.kind === 'linear' ? layer.bias : lines!.intercepts;
      for (let row = 0; row < values.length; row++) {
        let sum = base[row];
        for (let entry = layer.offsets[row]; entry < layer.offsets[row + 1]; entry++)
          sum += weights[entry] * before[layer.columns[entry]];
        values[row] = sum;
      }
    }
    return this.#values[this.#layers.length - 1];
  }

  /** The first layer's values with the chosen cells, after `relaxedLogits`. */
  get chosenInput(): Float64Array {
    return this.#values[0];
  }

  /** A line below with the smaller triangle between it and the ReLU. */
  #guessBelow(at: number): void {
    const { lower, upper } = this.#intervals.ranges[at - 1];
    const { below } = this.#lines[at]!;
    for (let node = 0; node < below.length; node++) below[node] = upper[node] > -lower[node] ? 1 : 0;
    if (at === 1) this.#anchors!.guessBelow(below);
  }

  #refine(at: number, choice: Choice): void {
    const { lower, upper } = this.#intervals.ranges[at];
    const factors = this.#factors[at];
    for (let node = 0; node < lower.length; node++) {
      // A ReLU whose side is known has no need of better bounds.
      if (this.#layers[at + 1].kind === 'relu' && (lower[node] >= 0 || upper[node] <= 0)) continue;
      for (const sign of [1, -1]) {
        if (at === 2 && this.#layers[1].kind === 'relu') this.#substituteRow(node, sign, choice.z);
        else {
          factors.fill(0);
          factors[node] = sign;
          this.#substitute(at, choice.z);
        }
        const most = this.constant + this.#largest(choice) + this.error;
        if (sign > 0 && most < upper[node]) upper[node] = most;
        if (sign > 0 && at === 2) this.#placeInner(node, most, choice);
        if (sign < 0 && -most > lower[node]) lower[node] = -most;
      }
    }
  }

  /** What the last substitution says of the second layer's node, whose largest value is known. */
  #placeInner(node: number, most: number, choice: Choice): void {
    if (this.#inner === null) return;
    const base = this.constant + this.error;
    const least = this.constant - this.#largest(choice, -1) - this.error;
    this.#inner.place(node, base, this.coefficients, Math.min(base, least), Math.max(base, most));
  }

  /** From factors of a layer's outputs back to the cells. */
  #substitute(from: number, z: Float64Array): void {
    this.constant = 0;
    let absolute = 0;
    for (let at = from; at > 0; at--) {
      const factors = this.#factors[at];
      const next = this.#factors[at - 1].fill(0);
      const layer = this.#layers[at];
      absolute += absoluteSum(factors, this.#run.magnitudes[at]);
      if (layer.kind === 'relu') this.#throughRelu(at, factors, next);
      else if (layer.kind === 'max') absolute += this.#throughMaxima(layer, at, factors, next);
      else {
        const { offsets, columns, bias } = layer;
        const weights = this.#weights[at]!;
        for (let row = 0; row < factors.length; row++) {
          const factor = factors[row];
          if (factor === 0) continue;
          this.constant += factor * bias[row];
          for (let entry = offsets[row]; entry < offsets[row + 1]; entry++)
            next[columns[entry]] += factor * weights[entry];
        }
      }
    }
    const factors = this.#factors[0];
    const { offsets, columns, contributions } = this.#input;
    const { coefficients } = this;
    coefficients.fill(0);
    for (let node = 0; node < factors.length; node++) {
      const factor = factors[node];
      if (factor === 0) continue;
      this.constant += factor * z[node];
      for (let entry = offsets[node]; entry < offsets[node + 1]; entry++)
        coefficients[columns[entry]] += factor * contributions[entry];
    }
    if (from > 2) this.constant += this.#inner?.add(this.#factors[3], coefficients) ?? 0;
    if (from > 0)
      this.constant += this.#anchors?.add(this.#factors[1], this.#intervals.ranges[0], coefficients) ?? 0;
    absolute += absoluteSum(factors, this.#run.magnitudes[0]);
    this.error = this.#errorOf(absolute);
  }

  /** @param absolute bounds the sum of absolute values of all that was added up, in sums of `length` terms one after the other */
  #errorOf(absolute: number): number {
    return 4 * (this.#run.length + 16) * UNIT_ROUNDOFF * absolute + UNDERFLOW;
  }

  /** The same for one output, or minus it, of a linear layer behind the first layer's ReLUs: only what it reads. */
  #substituteRow(row: number, sign: number, z: Float64Array): void {
    const { offsets, columns, bias } = this.#layers[2] as LinearLayer;
    const weights = this.#weights[2]!;
    const { lower, upper } = this.#intervals.ranges[0];
    const { below } = this.#lines[1]!;
    const [first, second] = [this.#run.magnitudes[0], this.#run.magnitudes[2]];
    const { coefficients } = this;
    const input = this.#input;
    const anchors = this.#anchors!;
    coefficients.fill(0);
    let constant = sign * bias[row];
    let absolute = second[row];
    for (let entry = offsets[row]; entry < offsets[row + 1]; entry++) {
      const node = columns[entry];
      const most = upper[node];
      if (most <= 0) continue;
      const least = lower[node];
      let factor = sign * weights[entry];
      absolute += 2 * Math.abs(factor) * first[node];
      if (least < 0) {
        if (factor > 0) {
          if (anchors.used[node]) {
            constant += anchors.addNode(node, factor, coefficients);
            continue;
          }
          const slope = most / (most - least);
          constant -= factor * slope * least;
          factor *= slope;
        } else factor *= below[node];
        if (factor === 0) continue;
      }
      constant += factor * z[node];
      for (let at = input.offsets[node]; at < input.offsets[node + 1]; at++)
        coefficients[input.columns[at]] += factor * input.contributions[at];
    }
    this.constant = constant;
    this.error = this.#errorOf(absolute);
  }

  #throughRelu(at: number, factors: Float64Array, next: Float64Array): void {
    const { lower, upper } = this.#intervals.ranges[at - 1];
    const { slopes, intercepts, below } = this.#lines[at]!;
    for (let node = 0; node < factors.length; node++) {
      const factor = factors[node];
      const least = lower[node];
      const most = upper[node];
      let slope = 1;
      let intercept = 0;
      if (most <= 0) slope = 0;
      else if (least < 0) {
        if (factor > 0) {
          slope = most / (most - least);
          intercept = -slope * least;
        } else slope = below[node];
      }
      slopes[node] = slope;
      intercepts[node] = intercept;
      // What is anchored goes to the cells at once.
      if (at === 3 && factor > 0 && this.#inner?.used[node]) continue;
      if (factor === 0 || (at === 1 && factor > 0 && least < 0 && most > 0 && this.#anchors!.used[node]))
        continue;
      next[node] += factor * slope;
      this.constant += factor * intercept;
    }
  }

  /** @returns Σ |factor · slope · magnitude| of what its lines add up */
  #throughMaxima(
    { offsets, columns }: MaxLayer,
    at: number,
    factors: Float64Array,
    next: Float64Array,
  ): number {
    const { lower, upper } = this.#intervals.ranges[at - 1];
    const { slopes, intercepts } = this.#lines[at]!;
    const magnitudes = this.#run.magnitudes[at - 1];
    let absolute = 0;
    for (let row = 0; row < factors.length; row++) {
      const factor = factors[row];
      let surest = offsets[row];
      for (let entry = offsets[row]; entry < offsets[row + 1]; entry++) {
        slopes[entry] = 0;
        if (lower[columns[entry]] > lower[columns[surest]]) surest = entry;
      }
      const floor = lower[columns[surest]];
      let contested = false;
      for (let entry = offsets[row]; entry < offsets[row + 1]; entry++)
        if (entry !== surest && upper[columns[entry]] > floor) contested = true;
      intercepts[row] = 0;
      if (factor > 0 && contested) {
        // max_i h_i <= floor + Σ_i max(0, h_i - floor), every term below its chord.
        let intercept = floor;
        for (let entry = offsets[row]; entry < offsets[row + 1]; entry++) {
          const column = columns[entry];
          if (upper[column] <= floor) continue;
          const slope = (upper[column] - floor) / (upper[column] - lower[column]);
          slopes[entry] = slope;
          intercept -= slope * lower[column];
          next[column] += factor * slope;
          absolute += factor * slope * magnitudes[column];
        }
        intercepts[row] = intercept;
        this.constant += factor * intercept;
      } else {
        slopes[surest] = 1;
        next[columns[surest]] += factor;
      }
    }
    return absolute;
  }

  /** Sum of the `left` largest coefficients, times the sign, of free cells, which become `chosen`; -Infinity where fewer are free. */
  #largest({ free, left }: Choice, sign = 1): number {
    const { chosen, coefficients } = this;
    let count = 0;
    for (let cell = 0; cell < coefficients.length; cell++) {
      if (!free[cell]) continue;
      const value = sign * coefficients[cell];
      if (count === left && !(value > sign * coefficients[chosen[count - 1]])) continue;
      let place = count < left ? count++ : count - 1;
      for (; place > 0 && sign * coefficients[chosen[place - 1]] < value; place--)
        chosen[place] = chosen[place - 1];
      chosen[place] = cell;
    }
    if (count < left) return -Infinity;
    let sum = 0;
    for (let at = 0; at < left; at++) sum += sign * coefficients[chosen[at]];
    return sum;
  }
}

function absoluteSum(factors: Float64Array, magnitudes: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < factors.length; at++) sum += Math.abs(factors[at]) * magnitudes[at];
  return sum;
}
