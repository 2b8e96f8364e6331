import { sizeOf, type Tensor } from '../../dist/tensor.js';

/** A randomNumbers stream of random numbers (a 32-bit Weyl sequence, mixed by multiplication and shifts). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed + 1, 0x9e3779b9) >>> 0;
  }

  /** Uniform in [low, high). */
  real(low = 0, high = 1): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return low + ((z ^ (z >>> 15)) >>> 0) * 2 ** -32 * (high - low);
  }

  /** A whole number from low to high, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.real() * (high - low + 1));
  }

  chance(probability: number): boolean {
    return this.real() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.integer(0, choices.length - 1)];
  }

  /** Approximately normal with mean 0 and the given standard deviation (sum of twelve uniforms). */
  normal(deviation = 1): number {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += this.real();
    return sum * deviation;
  }

  tensor(shape: readonly number[], deviation = 1): Tensor {
    const data = Float32Array.from({ length: sizeOf(shape) }, () => this.normal(deviation));
    return { data, shape: [...shape] };
  }

  uniform(shape: readonly number[], low: number, high: number): Tensor {
    const data = Float32Array.from({ length: sizeOf(shape) }, () => this.real(low, high));
    return { data, shape: [...shape] };
  }
}
