import type { EncodedClass } from './encoded-class.js';
import type { LinearLayer } from './layers.js';
import { floatWeights } from './network-run.js';

/**
 * The logits with one more cell, for many cells one after the other. Behind a first layer with a ReLU only what the cell
 * changes goes through the second layer: in a convolutional network a small part of it.
 */
export class CellTrials {
  readonly #encoded: EncodedClass;
  /** The second linear layer by its columns; null where there is none behind a ReLU. */
  readonly #second: { offsets: Int32Array; rows: Int32Array; weights: Float64Array } | null = null;
  readonly #z: Float64Array;
  /** What the second layer gives without the cell, and with it. */
  #base = new Float64Array(0);
  #sums = new Float64Array(0);

  constructor(encoded: EncodedClass) {
    this.#encoded = encoded;
    this.#z = new Float64Array(encoded.input.nodes);
    const [, relu, second] = encoded.network.layers;
    if (relu?.kind !== 'relu' || second?.kind !== 'linear') return;
    this.#second = byColumns(second);
    this.#base = new Float64Array(second.outputs);
    this.#sums = new Float64Array(second.outputs);
  }

  /** From pre-activations without the cell. */
  begin(z: Float64Array): void {
    this.#z.set(z);
    if (this.#second === null) return;
    this.#encoded.run.run(z);
    this.#base.set(this.#encoded.run.outputsOf(2));
  }

  /** The logits with the cell, which the next trial overwrites. */
  logits(cell: number): Float64Array {
    const { input, run } = this.#encoded;
    const { cellOffsets, cellNodes, cellContributions } = input;
    const z = this.#z;
    const end = cellOffsets[cell + 1];
    if (this.#second === null) {
      const added = z.slice();
      for (let at = cellOffsets[cell]; at < end; at++) added[cellNodes[at]] += cellContributions[at];
      return run.run(added);
    }
    const { offsets, rows, weights } = this.#second;
    const sums = this.#sums;
    sums.set(this.#base);
    for (let at = cellOffsets[cell]; at < end; at++) {
      const node = cellNodes[at];
      const before = z[node];
      const after = before + cellContributions[at];
      const change = (after > 0 ? after : 0) - (before > 0 ? before : 0);
      if (change === 0) continue;
      for (let entry = offsets[node]; entry < offsets[node + 1]; entry++)
        sums[rows[entry]] += weights[entry] * change;
    }
    return run.runFrom(2, sums);
  }
}

function byColumns(layer: LinearLayer) {
  const { inputs, outputs, offsets, columns } = layer;
  const values = floatWeights(layer);
  const starts = new Int32Array(inputs + 1);
  for (const column of columns) starts[column + 1]++;
  for (let column = 0; column < inputs; column++) starts[column + 1] += starts[column];
  const next = starts.slice();
  const rows = new Int32Array(columns.length);
  const weights = new Float64Array(columns.length);
  for (let row = 0; row < outputs; row++)
    for (let entry = offsets[row]; entry < offsets[row + 1]; entry++) {
      const place = next[columns[entry]]++;
      rows[place] = row;
      weights[place] = values[entry];
    }
  return { offsets: starts, rows, weights };
}
