import type { FirstLayer } from '../graph/split.js';
import type { Tensor } from '../tensor.js';
import { cellAt, type CellGrid, type InputGeometry } from './cells.js';
import type { CsrMaskProblem } from './problem.js';
import { ConvolutionAxes, nodePosition } from './receptive-field.js';

/** What a row keeps: a node's pre-activation, bias and all, or what the input alone tells it. */
export type Evidence = 'activation' | 'image';

export interface EncodedMask {
  problem: CsrMaskProblem;
  /** The nodes that became rows, in order: those of the selection that have something to keep. */
  constrained: Uint32Array;
  /** How many rows hold with everything hidden: biases and blank alone meet them. */
  metByBlank: number;
}

/** What the rows are made of. */
export interface MaskEvidence {
  kind: Evidence;
  /** X, batch 1. */
  x: Tensor;
  /** What stands in place of hidden positions, like X; null: zeros. */
  blank: Tensor | null;
  /** Fraction of a node's evidence to keep, 0 ≤ γ < 1. */
  gamma: number;
}

/**
 * The mask problem. With D = X − B, what the input has beyond the blank B (zeros, as in section 3.2 of the paper, or another),
 * a masked input is B + D ⊙ M, and a chosen node i gives
 *
 *   `activation`, the paper's, where o_i > 0:   (W₁ (B + D ⊙ M) + b₁)_i  >  γ·o_i ,
 *   `image`, with e = W₁ D, where e_i ≠ 0:      s_i·(W₁ (D ⊙ M))_i  >  γ·s_i·e_i ,  s_i = sign(e_i),
 *
 * as a row Σ_cells (Σ_{positions and channels in the cell} W₁ D) · M > lower. Sums are float64 over the float32 weights
 * and inputs, in a fixed order.
 *
 * The whole mask must satisfy every row, since it keeps the input as it is. Rounding could break that for a node
 * whose evidence is zero up to rounding (it is left out: there is nothing to keep) and for γ so close to 1 that γ·o_i
 * reaches o_i (its bound is then put just below what the whole mask gives).
 *
 * @param nodes indices of first-layer nodes, row-major over the layer's output
 */
export function encodeMaskProblem(
  layer: FirstLayer,
  geometry: InputGeometry,
  grid: CellGrid,
  { kind, x, blank, gamma }: MaskEvidence,
  nodes: ArrayLike<number>,
): EncodedMask {
  const sums = new Float64Array(grid.rows * grid.columns);
  const rowsOf = (input: Float32Array) =>
    layer.kind === 'conv'
      ? new ConvolutionRows(layer, geometry, grid, input)
      : new DenseRows(layer, geometry, grid, input);
  const rows = rowsOf(blank === null ? x.data : differenceOf(x.data, blank.data));
  const blankRows = blank === null ? null : rowsOf(blank.data);
  const offsets = [0];
  const columns: number[] = [];
  const coefficients: number[] = [];
  const lower: number[] = [];
  const constrained: number[] = [];
  let metByBlank = 0;

  for (let at = 0; at < nodes.length; at++) {
    const node = nodes[at];
    // What the node gets from a wholly hidden input; it is no part of what the image tells.
    const hidden = kind === 'image' ? { total: 0, magnitude: 0 } : hiddenSum(node, layer, sums, blankRows);
    const cells = rows.add(node, sums);
    let total = 0;
    let { magnitude } = hidden;
    for (const cell of cells) {
      total += sums[cell];
      magnitude += Math.abs(sums[cell]);
    }
    // Twice the bound on what any order of summation can lose.
    const rounding = 2 * (cells.length + 2) * Number.EPSILON * magnitude;
    const sign = kind === 'image' && total < 0 ? -1 : 1;
    const evidence = sign * (hidden.total + total);
    if (evidence > rounding) {
      for (const cell of cells) {
        if (sums[cell] === 0) continue;
        columns.push(cell);
        coefficients.push(sign * sums[cell]);
      }
      offsets.push(columns.length);
      const bound = Math.min(gamma * evidence - hidden.total, sign * total - rounding);
      if (bound < 0) metByBlank++;
      lower.push(bound);
      constrained.push(node);
    }
    for (const cell of cells) sums[cell] = 0;
  }
  return {
    problem: {
      variables: sums.length,
      offsets: Uint32Array.from(offsets),
      columns: Uint32Array.from(columns),
      coefficients: Float64Array.from(coefficients),
      lower: Float64Array.from(lower),
    },
    constrained: Uint32Array.from(constrained),
    metByBlank,
  };
}

function differenceOf(a: Float32Array, b: Float32Array): Float32Array {
  const difference = new Float32Array(a.length);
  for (let at = 0; at < a.length; at++) difference[at] = a[at] - b[at];
  return difference;
}

/** (W₁ B + b₁)_i and the sum of the magnitudes in it. Leaves `sums` as it was: zero. */
function hiddenSum(
  node: number,
  layer: FirstLayer,
  sums: Float64Array,
  blankRows: RowBuilder | null,
): { total: number; magnitude: number } {
  let total = layer.bias[layer.kind === 'conv' ? nodePosition(layer, node).channel : node];
  let magnitude = Math.abs(total);
  for (const cell of blankRows?.add(node, sums) ?? []) {
    total += sums[cell];
    magnitude += Math.abs(sums[cell]);
    sums[cell] = 0;
  }
  return { total, magnitude };
}

/** Adds a node's W₁X to `sums` by cell; returns the cells it touched, in order of first touch. */
interface RowBuilder {
  add(node: number, sums: Float64Array): readonly number[];
}

class ConvolutionRows implements RowBuilder {
  readonly #axes: ConvolutionAxes;
  readonly #touched: Uint8Array;

  constructor(
    readonly layer: Extract<FirstLayer, { kind: 'conv' }>,
    readonly geometry: InputGeometry,
    readonly grid: CellGrid,
    readonly x: Float32Array,
  ) {
    this.#axes = new ConvolutionAxes(layer);
    this.#touched = new Uint8Array(grid.rows * grid.columns);
  }

  add(node: number, sums: Float64Array): number[] {
    const { layer, grid, x } = this;
    const { height, width, channels, channelStride, rowStride, columnStride } = this.geometry;
    const { kernel, stride, pad, dilation } = this.#axes;
    const touched = this.#touched;
    const perGroup = channels / layer.groups;
    const taps = kernel[0] * kernel[1];
    const weights = layer.weights.data;
    const { channel, y, x: column } = nodePosition(layer, node);
    const firstChannel = Math.floor(channel / (layer.outputShape[0] / layer.groups)) * perGroup;
    const cells: number[] = [];
    const [down, across] = this.#axes.tapsOf(channel);
    for (let row = 0, ky = down.begin; row < down.count; row++, ky += down.step) {
      const iy = y * stride[0] - pad[0] + ky * dilation[0];
      if (iy < 0 || iy >= height) continue;
      for (let at = 0, kx = across.begin; at < across.count; at++, kx += across.step) {
        const ix = column * stride[1] - pad[1] + kx * dilation[1];
        if (ix < 0 || ix >= width) continue;
        const cell = cellAt(grid, iy, ix);
        if (!touched[cell]) {
          touched[cell] = 1;
          cells.push(cell);
        }
        let weight = channel * perGroup * taps + ky * kernel[1] + kx;
        let position = firstChannel * channelStride + iy * rowStride + ix * columnStride;
        for (let c = 0; c < perGroup; c++, weight += taps, position += channelStride) {
          sums[cell] += weights[weight] * x[position];
        }
      }
    }
    for (const cell of cells) touched[cell] = 0;
    return cells;
  }
}

class DenseRows implements RowBuilder {
  readonly #all: readonly number[];

  constructor(
    readonly layer: Extract<FirstLayer, { kind: 'dense' }>,
    readonly geometry: InputGeometry,
    readonly grid: CellGrid,
    readonly x: Float32Array,
  ) {
    this.#all = [...Array(grid.rows * grid.columns).keys()];
  }

  add(node: number, sums: Float64Array): readonly number[] {
    const { layer, grid, x } = this;
    const { height, width, channels, channelStride, rowStride, columnStride } = this.geometry;
    const outputs = layer.outputShape[0];
    const weights = layer.weights.data;
    for (let y = 0; y < height; y++) {
      for (let column = 0; column < width; column++) {
        const cell = cellAt(grid, y, column);
        for (let c = 0; c < channels; c++) {
          const position = c * channelStride + y * rowStride + column * columnStride;
          sums[cell] += weights[position * outputs + node] * x[position];
        }
      }
    }
    return this.#all;
  }
}
