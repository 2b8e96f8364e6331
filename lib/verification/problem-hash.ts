import { createHash, type Hash } from 'node:crypto';
import type { GivenRow } from './exact-rows.js';

/** A mask problem as plain JSON, checked by `readProblem`. */
export interface GivenProblem {
  variables: number;
  rows: GivenRow[];
  weights?: readonly number[];
}

/** Numbers put together before they go into the hash. */
const CHUNK = 4096;

/**
 * SHA-256, in hexadecimal, over the problem in little-endian binary: the number of variables and of rows, the rows'
 * offsets (one more than rows, from 0), the columns of all rows, as 32-bit integers; then coefficients of all rows,
 * lower bounds and, where given, weights, as 64-bit floats with −0 written as 0.
 */
export function hashOf({ variables, rows, weights }: GivenProblem): string {
  const hash = createHash('sha256');
  const integers = new Stream(hash, 4, (view, at, value) => view.setUint32(at, value, true));
  integers.write(variables);
  integers.write(rows.length);
  let offset = 0;
  integers.write(0);
  for (const { columns } of rows) integers.write((offset += columns.length));
  for (const { columns } of rows) for (const column of columns) integers.write(column);
  integers.flush();
  const floats = new Stream(hash, 8, (view, at, value) => view.setFloat64(at, value + 0, true));
  for (const { coefficients } of rows) for (const coefficient of coefficients) floats.write(coefficient);
  for (const { lower } of rows) floats.write(lower);
  for (const weight of weights ?? []) floats.write(weight);
  floats.flush();
  return hash.digest('hex');
}

class Stream {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #filled = 0;
  readonly #hash: Hash;
  readonly #width: number;
  readonly #put: (view: DataView, at: number, value: number) => void;

  constructor(hash: Hash, width: number, put: (view: DataView, at: number, value: number) => void) {
    this.#hash = hash;
    this.#width = width;
    this.#put = put;
    this.#bytes = new Uint8Array(CHUNK * width);
    this.#view = new DataView(this.#bytes.buffer);
  }

  write(value: number): void {
    if (this.#filled === this.#bytes.length) this.flush();
    this.#put(this.#view, this.#filled, value);
    this.#filled += this.#width;
  }

  flush(): void {
    this.#hash.update(this.#bytes.subarray(0, this.#filled));
    this.#filled = 0;
  }
}
