import type { LinearLayer, MaxLayer } from './layers.js';

/** Collects the rows of a layer one after the other. */
export class RowBuilder {
  readonly #columns: number[] = [];
  readonly #weights: number[] = [];
  readonly #offsets = [0];
  readonly #bias: number[] = [];

  /**
   * @param order where each element of the value that is read stands among the outputs of the layer before; −1: a zero of
   *   padding
   * @param inputs outputs of the layer before
   */
  constructor(
    readonly order: Int32Array,
    readonly inputs: number,
  ) {}

  /** Adds weight · element to the row; elements of padding are 0. */
  add(element: number, weight: number): void {
    const column = this.order[element];
    if (column < 0 || weight === 0) return;
    this.#columns.push(column);
    this.#weights.push(weight);
  }

  /** Ends the row. */
  end(bias = 0): void {
    this.#offsets.push(this.#columns.length);
    this.#bias.push(bias);
  }

  linear(divisor = 1): LinearLayer {
    return {
      ...{ kind: 'linear', inputs: this.inputs, outputs: this.#bias.length, divisor },
      ...this.#rows(),
      weights: Float64Array.from(this.#weights),
      bias: Float64Array.from(this.#bias),
    };
  }

  maxima(): MaxLayer {
    return { kind: 'max', inputs: this.inputs, outputs: this.#bias.length, ...this.#rows() };
  }

  #rows() {
    return { offsets: Int32Array.from(this.#offsets), columns: Int32Array.from(this.#columns) };
  }
}
