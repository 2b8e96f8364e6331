import type { Range } from './intervals.js';
import type { MaskedInput } from './masked-input.js';

/**
 * A second upper bound of the first layer's ReLUs, which is tight where no cell is added. With t the sum of the contributions added
 * that are positive and n that of the negative ones,
 *
 *   relu(z + t + n) <= relu(z) + t · (relu(u) − relu(z)) / (u − z) + n · (relu(z) − relu(l)) / (z − l),
 *
 * l <= z + n and z + t <= u: for z <= 0 the ReLU is largest without n and lies below its chord from z to u; for z > 0 adding t gives
 * at most t, and relu(z + n) lies below its chord from l to z. The line from l to u that both chords replace is lower only where
 * much is added and taken away.
 */
export class Anchors {
  /** Per node: whether its bound is this one. */
  readonly used: Uint8Array;
  readonly #input: MaskedInput;
  readonly #base: Float64Array;
  readonly #gain: Float64Array;
  readonly #loss: Float64Array;
  /** Of the chosen cells. */
  readonly #plus: Float64Array;
  readonly #minus: Float64Array;

  constructor(input: MaskedInput) {
    const { nodes } = input;
    this.#input = input;
    this.used = new Uint8Array(nodes);
    this.#base = new Float64Array(nodes);
    this.#gain = new Float64Array(nodes);
    this.#loss = new Float64Array(nodes);
    this.#plus = new Float64Array(nodes);
    this.#minus = new Float64Array(nodes);
  }

  place(z: Float64Array, { lower, upper }: Range): void {
    for (let node = 0; node < z.length; node++) {
      const value = z[node];
      const positive = value > 0;
      this.used[node] = 1;
      this.#base[node] = positive ? value : 0;
      this.#gain[node] = positive ? 1 : upper[node] > 0 ? upper[node] / (upper[node] - value) : 0;
      this.#loss[node] = !positive ? 0 : lower[node] >= 0 ? 1 : value / (value - lower[node]);
    }
  }

  /** The line below that is tight where no cell is added. */
  guessBelow(below: Float64Array): void {
    for (let node = 0; node < below.length; node++) below[node] = this.#base[node] > 0 ? 1 : 0;
  }

  /** Adds the bounds of all nodes that are weighted positively and may be on either side; returns their constant. */
  add(factors: Float64Array, { lower, upper }: Range, coefficients: Float64Array): number {
    let constant = 0;
    for (let node = 0; node < factors.length; node++)
      if (factors[node] > 0 && this.used[node] && lower[node] < 0 && upper[node] > 0)
        constant += this.addNode(node, factors[node], coefficients);
    return constant;
  }

  addNode(node: number, factor: number, coefficients: Float64Array): number {
    const { offsets, columns, contributions } = this.#input;
    const end = offsets[node + 1];
    let at = offsets[node];
    const gain = factor * this.#gain[node];
    for (; at < end && contributions[at] > 0; at++) coefficients[columns[at]] += gain * contributions[at];
    const loss = factor * this.#loss[node];
    if (loss !== 0) for (; at < end; at++) coefficients[columns[at]] += loss * contributions[at];
    return factor * this.#base[node];
  }

  /** Learns what some cells add up to. */
  choose(cells: Int32Array): void {
    const { cellOffsets, cellNodes, cellContributions } = this.#input;
    this.#plus.fill(0);
    this.#minus.fill(0);
    for (const cell of cells)
      for (let at = cellOffsets[cell]; at < cellOffsets[cell + 1]; at++) {
        const contribution = cellContributions[at];
        if (contribution > 0) this.#plus[cellNodes[at]] += contribution;
        else this.#minus[cellNodes[at]] += contribution;
      }
  }

  /**
   * Puts the bounds in force into the values of those cells, and turns to whichever is smaller there.
   * @param values the line's, in place
   */
  compare(values: Float64Array, factors: Float64Array, { lower, upper }: Range): void {
    for (let node = 0; node < values.length; node++) {
      if (!(factors[node] > 0 && lower[node] < 0 && upper[node] > 0)) continue;
      const anchored =
        this.#base[node] + this.#gain[node] * this.#plus[node] + this.#loss[node] * this.#minus[node];
      const line = values[node];
      if (this.used[node]) values[node] = anchored;
      this.used[node] = anchored <= line ? 1 : 0;
    }
  }
}
