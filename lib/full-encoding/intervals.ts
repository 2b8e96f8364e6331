import type { Layer, LinearLayer } from './layers.js';
import type { MaskedInput } from './masked-input.js';
import { UNIT_ROUNDOFF, type NetworkRun, floatWeights } from './network-run.js';

/** Least and most of every layer's outputs. */
export interface Range {
  lower: Float64Array;
  upper: Float64Array;
}

/**
 * Intervals of what every layer gives while at most some free cells may still be added: the first layer's are those of its
 * largest and smallest contributions, the others follow by interval arithmetic. Widened by what float64 may have lost.
 */
export class Intervals {
  readonly ranges: Range[];
  readonly #layers: readonly Layer[];
  readonly #weights: (Float64Array | null)[];
  readonly #input: MaskedInput;
  readonly #slack: Float64Array[];

  constructor(layers: readonly Layer[], input: MaskedInput, run: NetworkRun) {
    this.#layers = layers;
    this.#input = input;
    this.#weights = layers.map((layer) => (layer.kind === 'linear' ? floatWeights(layer) : null));
    this.ranges = layers.map(({ outputs }) => ({
      lower: new Float64Array(outputs),
      upper: new Float64Array(outputs),
    }));
    this.#slack = run.magnitudes.map((magnitudes) =>
      magnitudes.map((magnitude) => 2 * run.length * UNIT_ROUNDOFF * magnitude),
    );
  }

  /** The first layer's, from pre-activations z and at most `left` more of the free cells. */
  first(z: Float64Array, free: Uint8Array, left: number): void {
    const { offsets, columns, contributions, nodes } = this.#input;
    const { lower, upper } = this.ranges[0];
    const slack = this.#slack[0];
    for (let node = 0; node < nodes; node++) {
      const start = offsets[node];
      const end = offsets[node + 1];
      let most = z[node];
      for (let at = start, taken = 0; at < end && taken < left && contributions[at] > 0; at++)
        if (free[columns[at]]) {
          most += contributions[at];
          taken++;
        }
      let least = z[node];
      for (let at = end - 1, taken = 0; at >= start && taken < left && contributions[at] < 0; at--)
        if (free[columns[at]]) {
          least += contributions[at];
          taken++;
        }
      upper[node] = most + slack[node];
      lower[node] = least - slack[node];
    }
  }

  /** A layer's from those of the one before. */
  follow(at: number): void {
    const layer = this.#layers[at];
    const before = this.ranges[at - 1];
    const { lower, upper } = this.ranges[at];
    if (layer.kind === 'relu') {
      for (let node = 0; node < lower.length; node++) {
        lower[node] = before.lower[node] > 0 ? before.lower[node] : 0;
        upper[node] = before.upper[node] > 0 ? before.upper[node] : 0;
      }
    } else if (layer.kind === 'max') this.#maxima(layer, before, this.ranges[at]);
    else this.#sums(layer, at, before);
  }

  #maxima(
    { offsets, columns }: Extract<Layer, { kind: 'max' }>,
    before: Range,
    { lower, upper }: Range,
  ): void {
    for (let row = 0; row < lower.length; row++) {
      lower[row] = upper[row] = -Infinity;
      for (let entry = offsets[row]; entry < offsets[row + 1]; entry++) {
        if (before.lower[columns[entry]] > lower[row]) lower[row] = before.lower[columns[entry]];
        if (before.upper[columns[entry]] > upper[row]) upper[row] = before.upper[columns[entry]];
      }
    }
  }

  #sums({ offsets, columns, bias }: LinearLayer, at: number, before: Range): void {
    const { lower, upper } = this.ranges[at];
    const weights = this.#weights[at]!;
    const slack = this.#slack[at];
    for (let row = 0; row < lower.length; row++) {
      let least = bias[row];
      let most = bias[row];
      for (let entry = offsets[row]; entry < offsets[row + 1]; entry++) {
        const weight = weights[entry];
        const column = columns[entry];
        if (weight > 0) {
          least += weight * before.lower[column];
          most += weight * before.upper[column];
        } else {
          least += weight * before.upper[column];
          most += weight * before.lower[column];
        }
      }
      lower[row] = least - slack[row];
      upper[row] = most + slack[row];
    }
  }
}
