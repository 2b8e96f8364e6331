import type { FirstLayer } from '../graph/split.js';
import type { Tensor } from '../tensor.js';
import { cellAt, type CellGrid, type InputGeometry } from './cells.js';
import type { CsrMaskProblem } from './problem.js';
import { convolutionAxes, nodePosition } from './receptive-field.js';

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
      ? convolutionRows(layer, geometry, grid, input)
      : denseRows(layer, geometry, grid, input);
  const rowOf = rowsOf(blank === null ? x.data : x.data.map((value, at) => value - blank.data[at]));
  const blankRowOf = blank === null ? null : rowsOf(blank.data);
  const offsets = [0];
  const columns: number[] = [];
  const coefficients: number[] = [];
  const lower: number[] = [];
  const constrained: number[] = [];
  let metByBlank = 0;

  for (let at = 0; at < nodes.length; at++) {
    const node = nodes[at];
    // What the node gets from a wholly hidden input; it is no part of what the image tells.
    const hidden = kind === 'image' ? { total: 0, magnitude: 0 } : hiddenSum(node, layer, sums, blankRowOf);
    const { cells } = rowOf(node, sums);
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

/** (W₁ B + b₁)_i and the sum of the magnitudes in it. Leaves `sums` as it was: zero. */
function hiddenSum(
  node: number,
  layer: FirstLayer,
  sums: Float64Array,
  blankRowOf: RowBuilder | null,
): { total: number; magnitude: number } {
  const perChannel = layer.outputShape.slice(1).reduce((a, b) => a * b, 1);
  let total = layer.bias[layer.kind === 'conv' ? Math.floor(node / perChannel) : node];
  let magnitude = Math.abs(total);
  for (const cell of blankRowOf?.(node, sums).cells ?? []) {
    total += sums[cell];
    magnitude += Math.abs(sums[cell]);
    sums[cell] = 0;
  }
  return { total, magnitude };
}

/** Adds a node's W₁X to `sums` by cell; returns the cells it touched, in order of first touch. */
type RowBuilder = (node: number, sums: Float64Array) => { cells: number[] };

function convolutionRows(
  layer: Extract<FirstLayer, { kind: 'conv' }>,
  { height, width, channels, channelStride, rowStride, columnStride }: InputGeometry,
  grid: CellGrid,
  x: Float32Array,
): RowBuilder {
  const { kernel, stride, pad, dilation, tapsOf } = convolutionAxes(layer);
  const perGroup = channels / layer.groups;
  const taps = kernel[0] * kernel[1];
  const outputsPerGroup = layer.outputShape[0] / layer.groups;
  const weights = layer.weights.data;
  const touched = new Uint8Array(grid.rows * grid.columns);

  return (node, sums) => {
    const { channel, y, x: column } = nodePosition(layer, node);
    const firstChannel = Math.floor(channel / outputsPerGroup) * perGroup;
    const cells: number[] = [];
    const [down, across] = tapsOf(channel);
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
    return { cells };
  };
}

function denseRows(
  layer: Extract<FirstLayer, { kind: 'dense' }>,
  { height, width, channels, channelStride, rowStride, columnStride }: InputGeometry,
  grid: CellGrid,
  x: Float32Array,
): RowBuilder {
  const outputs = layer.outputShape[0];
  const weights = layer.weights.data;
  const all = [...Array(grid.rows * grid.columns).keys()];
  return (node, sums) => {
    for (let y = 0; y < height; y++) {
      for (let column = 0; column < width; column++) {
        const cell = cellAt(grid, y, column);
        for (let c = 0; c < channels; c++) {
          const position = c * channelStride + y * rowStride + column * columnStride;
          sums[cell] += weights[position * outputs + node] * x[position];
        }
      }
    }
    return { cells: all };
  };
}
