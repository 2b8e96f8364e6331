/** What the threads of one level of a search share. */
export class Control {
  readonly #words: Int32Array;

  constructor(readonly memory = new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT)) {
    this.#words = new Int32Array(memory);
  }

  /** A fresh one: no subtree is taken, no mask is found. */
  static fresh(): Control {
    const control = new Control();
    control.#words[1] = 2 ** 31 - 1;
    return control;
  }

  /** The number of the next subtree that nobody has taken. */
  take(): number {
    return Atomics.add(this.#words, 0, 1);
  }

  /** A mask was found at this place: what comes after it need not be searched. */
  found(place: number): void {
    for (let known = this.first; place < known; known = this.first)
      if (Atomics.compareExchange(this.#words, 1, known, place) === known) return;
  }

  /** The first place with a mask; a large number where there is none. */
  get first(): number {
    return Atomics.load(this.#words, 1);
  }

  stop(): void {
    Atomics.store(this.#words, 2, 1);
  }

  get stopped(): boolean {
    return Atomics.load(this.#words, 2) !== 0;
  }
}
