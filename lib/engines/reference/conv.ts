import { type Axis, endInside, firstInside, planeOf } from './planes.js';
import type { Allocate, Kernel, OperationOf, Values } from './kernel.js';

type Convolution = OperationOf<'conv'>;

interface Geometry {
  batch: number;
  groups: number;
  /** Channels of one group. */
  inputs: number;
  outputs: number;
  rows: Axis;
  columns: Axis;
}

/**
 * Cross-correlation with groups, strides, dilations and zero padding:
 * y[n, o, p] = b[o] + Σ_{c, t} W[o, c, t] · x[n, group(o)·C/groups + c, p·stride + t·dilation − pad].
 */
export const conv: Kernel<Convolution> = {
  forward(operation, [x, weights, bias], shape, allocate) {
    const g = geometryOf(operation, x.shape, weights.shape, shape);
    const output = allocate(shape);
    const outputPlane = g.rows.outputSize * g.columns.outputSize;
    const inputPlane = g.rows.size * g.columns.size;
    const sums = new Float64Array(outputPlane);
    for (let n = 0; n < g.batch; n++) {
      for (let o = 0; o < g.groups * g.outputs; o++) {
        sums.fill(bias ? bias.data[o] : 0);
        const firstChannel = n * g.groups * g.inputs + Math.floor(o / g.outputs) * g.inputs;
        for (let c = 0; c < g.inputs; c++) {
          const from = (firstChannel + c) * inputPlane;
          forEachTap(g, o * g.inputs + c, weights, (weight, run) =>
            addForward(sums, x.data, from, weight, run),
          );
        }
        output.data.set(sums, (n * g.groups * g.outputs + o) * outputPlane);
      }
    }
    return output;
  },

  backward({ operation, inputs: [x, weights, bias], output, gradient, wanted }, allocate) {
    const g = geometryOf(operation, x.shape, weights.shape, output.shape);
    return [
      wanted[0] ? gradientOfInput(g, x, weights, gradient, allocate) : undefined,
      wanted[1] ? gradientOfWeights(g, x, weights, gradient, allocate) : undefined,
      wanted[2] && bias ? gradientOfBias(g, bias, gradient, allocate) : undefined,
    ];
  },
};

function geometryOf(
  operation: Convolution,
  x: readonly number[],
  weights: readonly number[],
  output: readonly number[],
): Geometry {
  return {
    batch: x[0],
    groups: operation.groups,
    inputs: weights[1],
    outputs: weights[0] / operation.groups,
    ...planeOf(x, output, { ...operation, kernel: weights.slice(2) }),
  };
}

/** The part of the output plane for which one kernel tap reads inside the input, and where it reads. */
interface Run {
  firstRow: number;
  endRow: number;
  firstColumn: number;
  endColumn: number;
  /** Input row and column = output row and column · stride + offset. */
  rowStride: number;
  rowOffset: number;
  columnStride: number;
  columnOffset: number;
  inputWidth: number;
  outputWidth: number;
}

/** Visits the taps of the kernel slice number `slice` (output channel · inputs + input channel). */
function forEachTap(
  { rows, columns }: Geometry,
  slice: number,
  weights: Values,
  visit: (weight: number, run: Run, index: number) => void,
): void {
  let index = slice * rows.kernel * columns.kernel;
  for (let v = 0; v < rows.kernel; v++) {
    for (let u = 0; u < columns.kernel; u++, index++) {
      visit(
        weights.data[index],
        {
          firstRow: firstInside(rows, v),
          endRow: endInside(rows, v),
          firstColumn: firstInside(columns, u),
          endColumn: endInside(columns, u),
          rowStride: rows.stride,
          rowOffset: v * rows.dilation - rows.padBegin,
          columnStride: columns.stride,
          columnOffset: u * columns.dilation - columns.padBegin,
          inputWidth: columns.size,
          outputWidth: columns.outputSize,
        },
        index,
      );
    }
  }
}

function addForward(
  sums: Float64Array,
  x: Values['data'],
  from: number,
  weight: number,
  { firstRow, endRow, firstColumn, endColumn, ...run }: Run,
): void {
  const stride = run.columnStride;
  for (let row = firstRow; row < endRow; row++) {
    let source =
      from + (row * run.rowStride + run.rowOffset) * run.inputWidth + firstColumn * stride + run.columnOffset;
    const end = row * run.outputWidth + endColumn;
    for (let to = row * run.outputWidth + firstColumn; to < end; to++, source += stride) {
      sums[to] += weight * x[source];
    }
  }
}

/** The transposed convolution: every output's gradient is spread over the inputs it read. */
function gradientOfInput(
  g: Geometry,
  x: Values,
  weights: Values,
  gradient: Values,
  allocate: Allocate,
): Values {
  const result = allocate(x.shape);
  const outputPlane = g.rows.outputSize * g.columns.outputSize;
  const sums = new Float64Array(g.rows.size * g.columns.size);
  for (let n = 0; n < g.batch; n++) {
    for (let channel = 0; channel < g.groups * g.inputs; channel++) {
      sums.fill(0);
      const group = Math.floor(channel / g.inputs);
      const c = channel - group * g.inputs;
      for (let o = group * g.outputs; o < (group + 1) * g.outputs; o++) {
        const from = (n * g.groups * g.outputs + o) * outputPlane;
        forEachTap(g, o * g.inputs + c, weights, (weight, run) =>
          addBackward(sums, gradient.data, from, weight, run),
        );
      }
      result.data.set(sums, (n * g.groups * g.inputs + channel) * sums.length);
    }
  }
  return result;
}

function addBackward(
  sums: Float64Array,
  gradient: Values['data'],
  from: number,
  weight: number,
  { firstRow, endRow, firstColumn, endColumn, ...run }: Run,
): void {
  const stride = run.columnStride;
  for (let row = firstRow; row < endRow; row++) {
    let to = (row * run.rowStride + run.rowOffset) * run.inputWidth + firstColumn * stride + run.columnOffset;
    const end = from + row * run.outputWidth + endColumn;
    for (let source = from + row * run.outputWidth + firstColumn; source < end; source++, to += stride) {
      sums[to] += weight * gradient[source];
    }
  }
}

function gradientOfWeights(
  g: Geometry,
  x: Values,
  weights: Values,
  gradient: Values,
  allocate: Allocate,
): Values {
  const sums = new Float64Array(weights.data.length);
  const outputPlane = g.rows.outputSize * g.columns.outputSize;
  const inputPlane = g.rows.size * g.columns.size;
  for (let n = 0; n < g.batch; n++) {
    for (let o = 0; o < g.groups * g.outputs; o++) {
      const from = (n * g.groups * g.outputs + o) * outputPlane;
      const firstChannel = n * g.groups * g.inputs + Math.floor(o / g.outputs) * g.inputs;
      for (let c = 0; c < g.inputs; c++) {
        const read = (firstChannel + c) * inputPlane;
        forEachTap(g, o * g.inputs + c, weights, (_, run, index) => {
          sums[index] += correlation(x.data, read, gradient.data, from, run);
        });
      }
    }
  }
  const result = allocate(weights.shape);
  result.data.set(sums);
  return result;
}

function correlation(
  x: Values['data'],
  read: number,
  gradient: Values['data'],
  from: number,
  run: Run,
): number {
  let sum = 0;
  for (let row = run.firstRow; row < run.endRow; row++) {
    const line = read + (row * run.rowStride + run.rowOffset) * run.inputWidth + run.columnOffset;
    for (let column = run.firstColumn; column < run.endColumn; column++) {
      sum += gradient[from + row * run.outputWidth + column] * x[line + column * run.columnStride];
    }
  }
  return sum;
}

function gradientOfBias(g: Geometry, bias: Values, gradient: Values, allocate: Allocate): Values {
  const sums = new Float64Array(bias.data.length);
  const plane = g.rows.outputSize * g.columns.outputSize;
  for (let i = 0; i < gradient.data.length; i++) {
    sums[Math.floor(i / plane) % sums.length] += gradient.data[i];
  }
  const result = allocate(bias.shape);
  result.data.set(sums);
  return result;
}
