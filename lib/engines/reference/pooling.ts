import { type Axis, planeOf } from './planes.js';
import { sizeOf } from '../../tensor.js';
import type { Kernel, OperationOf, Values } from './kernel.js';

type Pool = OperationOf<'maxPool'> | OperationOf<'averagePool'>;

/**
 * The largest element of each window; padding never wins. Among equal elements the first in row-major order
 * is the maximum and takes the whole gradient. NaN wins over everything.
 */
export const maxPool: Kernel<OperationOf<'maxPool'>> = {
  forward(operation, [x], shape, allocate) {
    const output = allocate(shape);
    forEachWindow(operation, x, shape, (o, plane, rows, columns, width) => {
      const winner = firstMaximum(x.data, plane, rows, columns, width);
      output.data[o] = winner < 0 ? -Infinity : x.data[winner];
    });
    return output;
  },
  backward({ operation, inputs: [x], output, gradient }, allocate) {
    const sums = new Float64Array(x.data.length);
    forEachWindow(operation, x, output.shape, (o, plane, rows, columns, width) => {
      const winner = firstMaximum(x.data, plane, rows, columns, width);
      if (winner >= 0) sums[winner] += gradient.data[o];
    });
    const result = allocate(x.shape);
    result.data.set(sums);
    return [result];
  },
};

/**
 * The mean of each window. With `countIncludePad` the divisor counts the taps inside the padded input, else
 * those inside the input. Taps beyond the padding, which `ceil` makes possible, never count. A window
 * without a counted tap gives 0.
 */
export const averagePool: Kernel<OperationOf<'averagePool'>> = {
  forward(operation, [x], shape, allocate) {
    const output = allocate(shape);
    forEachWindow(operation, x, shape, (o, plane, rows, columns, width, divisor) => {
      let sum = 0;
      for (const row of rows) for (const column of columns) sum += x.data[plane + row * width + column];
      output.data[o] = divisor === 0 ? 0 : sum / divisor;
    });
    return output;
  },
  backward({ operation, inputs: [x], output, gradient }, allocate) {
    const sums = new Float64Array(x.data.length);
    forEachWindow(operation, x, output.shape, (o, plane, rows, columns, width, divisor) => {
      if (divisor === 0) return;
      const share = gradient.data[o] / divisor;
      for (const row of rows) for (const column of columns) sums[plane + row * width + column] += share;
    });
    const result = allocate(x.shape);
    result.data.set(sums);
    return [result];
  },
};

/** The maximum over all spatial axes; the first of equal elements takes the gradient. */
export const globalMaxPool: Kernel<OperationOf<'globalMaxPool'>> = {
  forward(_, [x], shape, allocate) {
    const output = allocate(shape);
    const plane = x.data.length / output.data.length;
    for (let o = 0; o < output.data.length; o++) {
      output.data[o] = x.data[firstMaximum(x.data, o * plane, [0], upTo(plane), plane)];
    }
    return output;
  },
  backward({ inputs: [x], gradient }, allocate) {
    const result = allocate(x.shape);
    const plane = x.data.length / gradient.data.length;
    for (let o = 0; o < gradient.data.length; o++) {
      result.data[firstMaximum(x.data, o * plane, [0], upTo(plane), plane)] = gradient.data[o];
    }
    return [result];
  },
};

function upTo(end: number): number[] {
  return Array.from({ length: end }, (_, i) => i);
}

/** Calls `visit` for every output element with the input rows and columns that its window covers. */
function forEachWindow(
  operation: Pool,
  x: Values,
  outputShape: readonly number[],
  visit: (
    output: number,
    planeStart: number,
    rows: number[],
    columns: number[],
    width: number,
    divisor: number,
  ) => void,
): void {
  const { rows, columns } = planeOf(x.shape, outputShape, operation);
  const countPadding = operation.op === 'averagePool' && operation.countIncludePad;
  const rowTaps = windowsOf(rows, countPadding);
  const columnTaps = windowsOf(columns, countPadding);
  const planes = sizeOf(x.shape.slice(0, 2));
  let output = 0;
  for (let plane = 0; plane < planes; plane++) {
    for (const row of rowTaps) {
      for (const column of columnTaps) {
        const start = plane * rows.size * columns.size;
        visit(output++, start, row.inside, column.inside, columns.size, row.counted * column.counted);
      }
    }
  }
}

/** For each output position along one axis: the input positions it reads, and how many taps count. */
function windowsOf(axis: Axis, countPadding: boolean): { inside: number[]; counted: number }[] {
  return upTo(axis.outputSize).map((o) => {
    const taps = upTo(axis.kernel).map((tap) => o * axis.stride + tap * axis.dilation - axis.padBegin);
    const inside = taps.filter((position) => position >= 0 && position < axis.size);
    const padded = taps.filter((position) => position < axis.size + axis.padEnd);
    return { inside, counted: countPadding ? padded.length : inside.length };
  });
}

function firstMaximum(
  data: Values['data'],
  plane: number,
  rows: readonly number[],
  columns: readonly number[],
  width: number,
): number {
  let winner = -1;
  for (const row of rows) {
    for (const column of columns) {
      const index = plane + row * width + column;
      if (winner < 0 || data[index] > data[winner] || Number.isNaN(data[index])) winner = index;
      if (Number.isNaN(data[winner])) return winner;
    }
  }
  return winner;
}
