/**
 * Upper bounds of the second layer's ReLUs as linear functions of the mask, tight where no cell is added. Its sums lie below
 * U(M) = U_0 + Σ g M (substituted through the first layer's ReLUs), a ReLU grows with its argument, and of relu(U) the same holds as of
 * the first layer's ReLUs: see `Anchors`, with U_0 for z and g for the contributions.
 */
export class InnerAnchors {
  /** Per node: whether there is such a bound and it is in force. */
  readonly used: Uint8Array;
  readonly #known: Uint8Array;
  readonly #cells: number;
  readonly #base: Float64Array;
  /** Per node and cell. */
  readonly #slopes: Float64Array;

  constructor(nodes: number, cells: number) {
    this.#cells = cells;
    this.used = new Uint8Array(nodes);
    this.#known = new Uint8Array(nodes);
    this.#base = new Float64Array(nodes);
    this.#slopes = new Float64Array(nodes * cells);
  }

  forget(): void {
    this.used.fill(0);
    this.#known.fill(0);
  }

  /**
   * Learns a node's U.
   * @param least and most of U over the masks of the choice, rounded outwards
   */
  place(node: number, base: number, gains: Float64Array, least: number, most: number): void {
    if (!(least <= base && base <= most)) return;
    const positive = base > 0;
    const up = positive ? 1 : most > 0 ? most / (most - base) : 0;
    const down = !positive ? 0 : least >= 0 ? 1 : base / (base - least);
    const first = node * this.#cells;
    for (let cell = 0; cell < this.#cells; cell++)
      this.#slopes[first + cell] = (gains[cell] > 0 ? up : down) * gains[cell];
    this.#base[node] = positive ? base : 0;
    this.#known[node] = 1;
    this.used[node] = 1;
  }

  /** Adds the bounds in force of nodes that are weighted positively; returns their constant. */
  add(factors: Float64Array, coefficients: Float64Array): number {
    let constant = 0;
    for (let node = 0; node < factors.length; node++) {
      const factor = factors[node];
      if (!(factor > 0 && this.used[node])) continue;
      constant += factor * this.#base[node];
      const first = node * this.#cells;
      for (let cell = 0; cell < this.#cells; cell++)
        coefficients[cell] += factor * this.#slopes[first + cell];
    }
    return constant;
  }

  /** As `Anchors.compare`. */
  compare(values: Float64Array, factors: Float64Array, chosen: Int32Array): void {
    for (let node = 0; node < values.length; node++) {
      if (!(factors[node] > 0 && this.#known[node])) continue;
      let anchored = this.#base[node];
      const first = node * this.#cells;
      for (const cell of chosen) anchored += this.#slopes[first + cell];
      const line = values[node];
      if (this.used[node]) values[node] = anchored;
      this.used[node] = anchored <= line ? 1 : 0;
    }
  }
}
