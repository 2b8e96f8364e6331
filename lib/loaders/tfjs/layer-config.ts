import { SmugError } from '../../errors.js';
import type { Json } from './topology.js';

/** A layer's configuration, read with types; null counts as absent, as in Keras. */
export class LayerConfig {
  constructor(
    readonly json: Json,
    readonly label: string,
  ) {}

  bad(why: string): never {
    throw new SmugError('BAD_MODEL', `${this.label}: ${why}.`);
  }

  has(name: string): boolean {
    return this.json[name] !== undefined && this.json[name] !== null;
  }

  number(name: string, otherwise?: number): number {
    const value = this.has(name) ? this.json[name] : otherwise;
    if (typeof value !== 'number' || !Number.isFinite(value))
      this.bad(`'${name}' should be a number, got ${JSON.stringify(value)}`);
    return value;
  }

  boolean(name: string, otherwise: boolean): boolean {
    const value = this.has(name) ? this.json[name] : otherwise;
    if (typeof value !== 'boolean')
      this.bad(`'${name}' should be true or false, got ${JSON.stringify(value)}`);
    return value;
  }

  string(name: string, otherwise: string): string {
    const value = this.has(name) ? this.json[name] : otherwise;
    if (typeof value !== 'string') this.bad(`'${name}' should be text, got ${JSON.stringify(value)}`);
    return value;
  }

  /** Whole numbers, one a spatial axis; a single number stands for all of them. */
  wholes(name: string, count: number, otherwise?: readonly number[]): number[] {
    const value = this.has(name) ? this.json[name] : otherwise;
    const list = Array.isArray(value) ? value : new Array<unknown>(count).fill(value);
    if (list.length !== count || !list.every((entry) => Number.isSafeInteger(entry)))
      this.bad(`'${name}' should be ${count} whole numbers, got ${JSON.stringify(value)}`);
    return list as number[];
  }

  /** A list of numbers of any length. */
  list(name: string): number[] {
    const value = this.json[name];
    if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'number'))
      this.bad(`'${name}' should be a list of numbers, got ${JSON.stringify(value)?.slice(0, 80)}`);
    return value as number[];
  }

  /** A shape in which null or −1 stands for the one open dimension. */
  openShape(name: string): number[] {
    const value = this.json[name];
    return new LayerConfig(
      { [name]: Array.isArray(value) ? value.map((size) => size ?? -1) : value },
      this.label,
    ).list(name);
  }

  /** [begin, end] an axis, from one number, one a axis, or pairs: the forms Keras knows for padding and cropping. */
  margins(name: string, count: number): [number, number][] {
    const value = this.json[name] ?? 1;
    // In one dimension a pair is [begin, end]; in two, a list of two numbers is one for each axis.
    const flat = count === 1 && Array.isArray(value) && typeof value[0] === 'number';
    const list: unknown[] = flat
      ? [value]
      : Array.isArray(value)
        ? value
        : new Array<unknown>(count).fill(value);
    const pairs = list.map((entry) => (Array.isArray(entry) ? entry : [entry, entry]));
    const fits =
      pairs.length === count &&
      pairs.every((pair) => pair.length === 2 && pair.every((n) => Number.isSafeInteger(n) && n >= 0));
    if (!fits) this.bad(`'${name}' should give margins for ${count} axes, got ${JSON.stringify(value)}`);
    return pairs as [number, number][];
  }
}
