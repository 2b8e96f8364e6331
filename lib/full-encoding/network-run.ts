import type { Layer, LinearLayer } from './layers.js';
import type { MaskedInput } from './masked-input.js';

/** Half the distance from 1 to the next float64. */
export const UNIT_ROUNDOFF = 2 ** -53;

/** Weights over the divisor. */
export function floatWeights({ weights, divisor }: LinearLayer): Float64Array {
  return divisor === 1 ? weights : weights.map((weight) => weight / divisor);
}

/** More than all that underflows in one run can come to. */
export const UNDERFLOW = 1e-300;

/** The network from the first layer's pre-activations on, in float64. */
export class NetworkRun {
  readonly logits: Float64Array;
  /**
   * Of every layer's outputs: no absolute value of one, nor of a partial sum on the way to it, is larger, whatever the mask.
   */
  readonly magnitudes: Float64Array[];
  /** Additions and products on the longest way to one logit, or back from the logits to one cell, and more. */
  readonly length: number;
  readonly #layers: readonly Layer[];
  readonly #weights: (Float64Array | null)[];
  readonly #values: Float64Array[];

  constructor(layers: readonly Layer[], input: MaskedInput) {
    this.#layers = layers;
    this.#weights = layers.map((layer) => (layer.kind === 'linear' ? floatWeights(layer) : null));
    this.#values = layers.map(({ outputs }) => new Float64Array(outputs));
    this.logits = this.#values[layers.length - 1];
    this.magnitudes = [input.magnitudes];
    let length = 2 * (input.cells.length + input.nodes + longestRow(layers[0] as LinearLayer));
    for (let at = 1; at < layers.length; at++) {
      const layer = layers[at];
      this.magnitudes.push(magnitudesAfter(layer, this.#weights[at], this.magnitudes[at - 1]));
      // Forward a sum has a row's terms; back one of a column, of which there are as many as rows at most.
      length += 2 * layer.outputs + (layer.kind === 'relu' ? 2 : 2 * longestRow(layer));
    }
    this.length = length;
  }

  /** @returns the logits, which the next run overwrites */
  run(z: Float64Array): Float64Array {
    return this.runFrom(0, z);
  }

  /** From what a layer gives. */
  runFrom(layer: number, outputs: Float64Array): Float64Array {
    let values = outputs;
    for (let at = layer + 1; at < this.#layers.length; at++) {
      applyLayer(this.#layers[at], this.#weights[at], values, this.#values[at]);
      values = this.#values[at];
    }
    if (values === outputs) this.logits.set(outputs);
    return this.logits;
  }

  /** What a layer gave in the last run. */
  outputsOf(layer: number): Float64Array {
    return this.#values[layer];
  }

  /** How far a logit in float64 may be from the real one. */
  get logitErrors(): Float64Array {
    const last = this.magnitudes[this.magnitudes.length - 1];
    // A sum of n products errs by less than n u / (1 − n u) of the sum of absolute values, layer upon layer. A trial of a cell adds
    // as many terms again, which are differences: three times the absolute values, and twice the sums.
    return last.map((magnitude) => 16 * this.length * UNIT_ROUNDOFF * magnitude + UNDERFLOW);
  }
}

function applyLayer(
  layer: Layer,
  weights: Float64Array | null,
  values: Float64Array,
  outputs: Float64Array,
): void {
  if (layer.kind === 'relu') {
    for (let at = 0; at < values.length; at++) outputs[at] = values[at] > 0 ? values[at] : 0;
    return;
  }
  const { offsets, columns } = layer;
  for (let row = 0; row < outputs.length; row++) {
    const end = offsets[row + 1];
    if (layer.kind === 'linear') {
      let sum = layer.bias[row];
      for (let at = offsets[row]; at < end; at++) sum += weights![at] * values[columns[at]];
      outputs[row] = sum;
    } else {
      let most = -Infinity;
      for (let at = offsets[row]; at < end; at++) if (values[columns[at]] > most) most = values[columns[at]];
      outputs[row] = most;
    }
  }
}

function magnitudesAfter(layer: Layer, weights: Float64Array | null, before: Float64Array): Float64Array {
  if (layer.kind === 'relu') return before;
  const outputs = new Float64Array(layer.outputs);
  if (layer.kind === 'max') applyLayer(layer, null, before, outputs);
  else applyLayer({ ...layer, bias: layer.bias.map(Math.abs) }, weights!.map(Math.abs), before, outputs);
  // What the sums of this very loop may have lost.
  return outputs.map((value) => value * (1 + 1e-6));
}

function longestRow({ offsets }: { offsets: Int32Array }): number {
  let longest = 1;
  for (let row = 0; row + 1 < offsets.length; row++)
    longest = Math.max(longest, offsets[row + 1] - offsets[row]);
  return longest;
}
