import type { FirstLayer } from '../graph/split.js';
import type { Tensor } from '../tensor.js';
import { cellAt, type CellGrid, type InputGeometry } from './cells.js';
import type { CsrMaskProblem } from './problem.js';
import { convolutionAxes, nodePosition } from './receptive-field.js';

export interface EncodedMask {
  problem: CsrMaskProblem;
  /** The nodes that became rows, in order: those of the selection with o_i > 0. */
  constrained: Uint32Array;
}

/**
 * The mask problem of section 3.2 of the paper: for every chosen node i with pre-activation o_i > 0 the row
 *
 *   Σ_cells (Σ_{positions and channels in the cell} W₁ X) · M  >  γ·o_i − b_i ,
 *
 * which says (W₁ (X ⊙ M) + b₁)_i > γ·o_i. Sums are float64 over the float32 weights and inputs, in a fixed order.
 *
 * The whole mask must satisfy every row, since it keeps the input as it is. Rounding could break that for a node
 * whose o_i is zero up to rounding (it is left out: there is nothing to keep) and for γ so close to 1 that γ·o_i
 * reaches o_i (its bound is then put just below what the whole mask gives).
 *
 * @param x the first layer's input X, batch 1
 * @param nodes indices of first-layer nodes, row-major over the layer's output
 * @param gamma fraction of the pre-activation to keep, 0 ≤ γ < 1
 */
export function encodeMaskProblem(
  layer: FirstLayer,
  geometry: InputGeometry,
  grid: CellGrid,
  x: Tensor,
  nodes: ArrayLike<number>,
  gamma: number,
): EncodedMask {
  const sums = new Float64Array(grid.rows * grid.columns);
  const rowOf =
    layer.kind === 'conv'
      ? convolutionRows(layer, geometry, grid, x.data)
      : denseRows(layer, geometry, grid, x.data);
  const offsets = [0];
  const columns: number[] = [];
  const coefficients: number[] = [];
  const lower: number[] = [];
  const constrained: number[] = [];

  for (let at = 0; at < nodes.length; at++) {
    const node = nodes[at];
    const { cells, bias } = rowOf(node, sums);
    let total = 0;
    let magnitude = Math.abs(bias);
    for (const cell of cells) {
      total += sums[cell];
      magnitude += Math.abs(sums[cell]);
    }
    // Twice the bound on what any order of summation can lose.
    const rounding = 2 * (cells.length + 2) * Number.EPSILON * magnitude;
    const preactivation = bias + total;
    if (preactivation > rounding) {
      for (const cell of cells) {
        if (sums[cell] === 0) continue;
        columns.push(cell);
        coefficients.push(sums[cell]);
      }
      offsets.push(columns.length);
      lower.push(Math.min(gamma * preactivation - bias, total - rounding));
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
  };
}

/** Adds a node's W₁X to `sums` by cell; returns the cells it touched, in order of first touch, and b_i. */
type RowBuilder = (node: number, sums: Float64Array) => { cells: number[]; bias: number };

function convolutionRows(
  layer: Extract<FirstLayer, { kind: 'conv' }>,
  { height, width, channels, channelStride, rowStride, columnStride }: InputGeometry,
  grid: CellGrid,
  x: Float32Array,
): RowBuilder {
  const { kernel, stride, pad, dilation } = convolutionAxes(layer);
  const perGroup = channels / layer.groups;
  const taps = kernel[0] * kernel[1];
  const outputsPerGroup = layer.outputShape[0] / layer.groups;
  const weights = layer.weights.data;
  const touched = new Uint8Array(grid.rows * grid.columns);

  return (node, sums) => {
    const { channel, y, x: column } = nodePosition(layer, node);
    const firstChannel = Math.floor(channel / outputsPerGroup) * perGroup;
    const cells: number[] = [];
    for (let ky = 0; ky < kernel[0]; ky++) {
      const iy = y * stride[0] - pad[0] + ky * dilation[0];
      if (iy < 0 || iy >= height) continue;
      for (let kx = 0; kx < kernel[1]; kx++) {
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
    return { cells, bias: layer.bias[channel] };
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
    return { cells: all, bias: layer.bias[node] };
  };
}
