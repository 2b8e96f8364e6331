import { exactClass, exactlyHolds, ExactNetwork, type Rationals } from './exact-logits.js';
import type { LayeredNetwork, LinearLayer } from './layers.js';
import { maskedInput, type EncodedImage, type MaskedInput } from './masked-input.js';
import { NetworkRun } from './network-run.js';

/** One image, its class in exact arithmetic, and what is asked of a mask. */
export class EncodedClass {
  readonly input: MaskedInput;
  readonly run: NetworkRun;
  readonly target: number;
  /** Of the whole image. */
  readonly logits: Rationals;
  readonly #exact: ExactNetwork;
  readonly #errors: Float64Array;

  constructor(
    readonly network: LayeredNetwork,
    readonly image: EncodedImage,
    /** By how much the class's logit must beat every other. */
    readonly delta: number,
  ) {
    this.input = maskedInput(network.layers[0] as LinearLayer, image);
    this.run = new NetworkRun(network.layers, this.input);
    this.#exact = new ExactNetwork(network.layers);
    this.logits = this.#exact.logits(image.x);
    this.target = exactClass(this.logits);
    this.#errors = this.run.logitErrors;
  }

  /** Whether the class is kept with some cells; float64 answers the clear cases, exact arithmetic the others. */
  holds(z: Float64Array, cells: () => Iterable<number>): boolean {
    return this.logitsHold(this.run.run(z), cells);
  }

  /** The same from logits in float64. */
  logitsHold(logits: Float64Array, cells: () => Iterable<number>): boolean {
    const { target } = this;
    const own = logits[target] - this.delta;
    let clear = true;
    for (let at = 0; at < logits.length; at++) {
      if (at === target) continue;
      const lead = own - logits[at];
      // The difference and delta are rounded too.
      const error = 2 * (this.#errors[target] + this.#errors[at]) + 4 * 2 ** -53 * Math.abs(this.delta);
      if (lead < -error) return false;
      if (!(lead > error)) clear = false;
    }
    return clear || this.holdsExactly(cells());
  }

  holdsExactly(cells: Iterable<number>): boolean {
    return exactlyHolds(this.exactLogits(cells), this.target, this.delta);
  }

  exactLogits(cells: Iterable<number>): Rationals {
    const kept = new Set([...cells].map((cell) => this.input.cells[cell]));
    const { x, pixelOf } = this.image;
    return this.#exact.logits(x.map((value, at) => (kept.has(pixelOf[at]) ? value : 0)));
  }

  /** The smallest lead over another class in float64, less delta: what a search makes larger. */
  lead(z: Float64Array): number {
    return this.leadOf(this.run.run(z));
  }

  leadOf(logits: Float64Array): number {
    let most = -Infinity;
    for (let at = 0; at < logits.length; at++) if (at !== this.target && logits[at] > most) most = logits[at];
    return logits[this.target] - most - this.delta;
  }
}
