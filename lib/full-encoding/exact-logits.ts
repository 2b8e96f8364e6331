import { commonIntegers } from '../masks/exact.js';
import type { Layer, LinearLayer } from './layers.js';

/** Rational numbers over one denominator: values[i] · 2^exponent / divisor. */
export interface Rationals {
  values: bigint[];
  exponent: number;
  divisor: bigint;
}

/**
 * The logits of an input in exact rational arithmetic: every weight and every element of X is a float32, so an integer times a
 * power of two, and averages divide by whole numbers.
 */
export class ExactNetwork {
  readonly #layers: readonly Layer[];
  readonly #weights = new Map<LinearLayer, ReturnType<typeof commonIntegers>>();

  constructor(layers: readonly Layer[]) {
    this.#layers = layers;
  }

  /** @param x X with what is hidden set to 0 */
  logits(x: ArrayLike<number>): Rationals {
    const { integers, exponent } = commonIntegers(x);
    let vector: Rationals = { values: integers, exponent, divisor: 1n };
    for (const layer of this.#layers) {
      if (layer.kind === 'linear') vector = this.#linear(layer, vector);
      else if (layer.kind === 'relu')
        vector = { ...vector, values: vector.values.map((value) => (value > 0n ? value : 0n)) };
      else {
        const { values } = vector;
        const largest = (_: unknown, row: number) => {
          let most = values[layer.columns[layer.offsets[row]]];
          for (let at = layer.offsets[row] + 1; at < layer.offsets[row + 1]; at++)
            if (values[layer.columns[at]] > most) most = values[layer.columns[at]];
          return most;
        };
        vector = { ...vector, values: Array.from({ length: layer.outputs }, largest) };
      }
    }
    return vector;
  }

  #linear(layer: LinearLayer, { values, exponent, divisor }: Rationals): Rationals {
    const known = this.#weights.get(layer);
    const { integers, exponent: scale } = known ?? commonIntegers(layer.weights);
    if (known === undefined) this.#weights.set(layer, { integers, exponent: scale });
    const bias = commonIntegers(layer.bias);
    const over = divisor * BigInt(layer.divisor);
    // Both to the smaller of the two powers of two.
    const common = Math.min(exponent + scale, bias.exponent);
    const product = BigInt(exponent + scale - common);
    const shift = BigInt(bias.exponent - common);
    const sums = Array.from({ length: layer.outputs }, (_, row) => {
      let sum = 0n;
      for (let at = layer.offsets[row]; at < layer.offsets[row + 1]; at++) {
        const value = values[layer.columns[at]];
        if (value !== 0n) sum += integers[at] * value;
      }
      return (sum << product) + (bias.integers[row] << shift) * over;
    });
    return { values: sums, exponent: common, divisor: over };
  }
}

/** The class with the largest logit; of equal ones the first. */
export function exactClass({ values }: Rationals): number {
  let best = 0;
  values.forEach((value, at) => value > values[best] && (best = at));
  return best;
}

/** Whether a class's logit beats every other by more than delta; at 0, of equal ones the first class counts. */
export function exactlyHolds(
  { values, exponent, divisor }: Rationals,
  target: number,
  delta: number,
): boolean {
  const margin = commonIntegers([delta]);
  const common = Math.min(exponent, margin.exponent);
  const left = BigInt(exponent - common);
  const right = (margin.integers[0] << BigInt(margin.exponent - common)) * divisor;
  return values.every((value, at) => {
    if (at === target) return true;
    const lead = (values[target] - value) << left;
    return lead > right || (delta === 0 && lead === 0n && at > target);
  });
}

/** As float64, to the last bit or the one before. */
export function toNumbers({ values, exponent, divisor }: Rationals): number[] {
  return values.map((value) => {
    // 64 bits beyond the divisor's length, so that the quotient keeps 53.
    const length = (value < 0n ? -value : value).toString(2).length;
    const shift = Math.max(0, 64 + divisor.toString(2).length - length);
    let quotient = (value << BigInt(shift)) / divisor;
    let power = exponent - shift;
    for (const long = 1n << 900n; quotient > long || -quotient > long; power += 64) quotient >>= 64n;
    return Number(quotient) * 2 ** power;
  });
}
