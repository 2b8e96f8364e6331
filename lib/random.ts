/** The package's random numbers (xorshift32): the same numbers for the same seed on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (Math.imul(seed | 0, 0x9e3779b1) ^ 0x2545f491) | 0 || 1;
  }

  /** Uniform in [0, 1). */
  unit(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return (state >>> 0) * 2.3283064365386963e-10;
  }

  /** Uniform in 0 … limit − 1. */
  below(limit: number): number {
    return Math.floor(this.unit() * limit);
  }
}
