import type { ExactNetwork } from './exact-network.js';
import { fractionsOf, overOne, rounded, type Fractions } from './fractions.js';

/** One image as the first layer reads it, and the class of what is left of it, in fractions. */
export class MaskedClass {
  readonly #network: ExactNetwork;
  readonly #x: Fractions;
  readonly #pixelOf: readonly number[];
  readonly #delta: Fractions;

  /** @param pixelOf of every element of x */
  constructor(network: ExactNetwork, x: readonly number[], pixelOf: readonly number[], delta: number) {
    this.#network = network;
    this.#x = fractionsOf(x);
    this.#pixelOf = pixelOf;
    this.#delta = fractionsOf([delta]);
  }

  /** Pixels that are not 0 throughout: no other changes anything. */
  get pixels(): number[] {
    const found = new Set<number>();
    this.#x.values.forEach((value, at) => value !== 0n && found.add(this.#pixelOf[at]));
    return [...found].sort((a, b) => a - b);
  }

  /** Logits of the image with all pixels but these 0. */
  logits(kept: ReadonlySet<number>): Fractions {
    const { values, below } = this.#x;
    return this.#network.logits({
      values: values.map((value, at) => (kept.has(this.#pixelOf[at]) ? value : 0n)),
      below,
    });
  }

  /** Whether a class's logit beats every other by more than delta; at delta 0, of equal ones the first class counts. */
  holds(logits: Fractions, target: number): boolean {
    const [values, [delta]] = overOne(logits, this.#delta);
    return values.every((value, other) => {
      const lead = values[target] - value;
      return other === target || lead > delta || (delta === 0n && lead === 0n && target < other);
    });
  }
}

/** The class that is read: the largest logit, of equal ones the first. */
export function classOf({ values }: Fractions): number {
  return values.reduce((best, value, at) => (value > values[best] ? at : best), 0);
}

/** By how much a class leads before the next; for people. */
export function marginOf({ values, below }: Fractions, target: number): number {
  const others = values.filter((_, at) => at !== target);
  const most = others.reduce((best, value) => (value > best ? value : best));
  return rounded(values[target] - most, below);
}
