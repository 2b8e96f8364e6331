import { sizeOf } from '../../tensor.js';
import type { Kernel, OperationOf, Values } from './kernel.js';

/**
 * Local response normalisation across channels (Krizhevsky et al., 2012), in ONNX's form:
 * y = x · d^−beta with d_c = bias + alpha/size · Σ x², summed over channels c − ⌊(size−1)/2⌋ … c + ⌈(size−1)/2⌉.
 */
export const lrn: Kernel<OperationOf<'lrn'>> = {
  forward(operation, [x], shape, allocate) {
    const output = allocate(shape);
    forEachColumn(x, (first, channels, step) => {
      const scales = scalesOf(operation, x.data, first, channels, step);
      for (let c = 0; c < channels; c++) {
        const i = first + c * step;
        output.data[i] = x.data[i] * scales[c] ** -operation.beta;
      }
    });
    return output;
  },
  backward({ operation, inputs: [x], gradient }, allocate) {
    const { size, alpha, beta } = operation;
    const result = allocate(x.shape);
    forEachColumn(x, (first, channels, step) => {
      const scales = scalesOf(operation, x.data, first, channels, step);
      const pulls = scales.map(
        (scale, c) => gradient.data[first + c * step] * x.data[first + c * step] * scale ** (-beta - 1),
      );
      for (let c = 0; c < channels; c++) {
        const i = first + c * step;
        // Channel c stands in the windows of c − ⌈(size−1)/2⌉ … c + ⌊(size−1)/2⌋: the mirrored window.
        let pull = 0;
        const begin = Math.max(0, c - Math.ceil((size - 1) / 2));
        const end = Math.min(channels, c + Math.floor((size - 1) / 2) + 1);
        for (let other = begin; other < end; other++) pull += pulls[other];
        result.data[i] =
          gradient.data[i] * scales[c] ** -beta - ((2 * alpha * beta) / size) * x.data[i] * pull;
      }
    });
    return [result];
  },
};

function scalesOf(
  { size, alpha, bias }: OperationOf<'lrn'>,
  x: Values['data'],
  first: number,
  channels: number,
  step: number,
): Float64Array {
  const scales = new Float64Array(channels);
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    const begin = Math.max(0, c - Math.floor((size - 1) / 2));
    const end = Math.min(channels, c + Math.ceil((size - 1) / 2) + 1);
    for (let other = begin; other < end; other++) sum += x[first + other * step] ** 2;
    scales[c] = bias + (alpha / size) * sum;
  }
  return scales;
}

/** Visits every line along `axis`: flat index of its first element, its length, the step between elements. */
function forEachColumn(
  x: Values,
  visit: (first: number, length: number, step: number) => void,
  axis = 1,
): void {
  const step = sizeOf(x.shape.slice(axis + 1));
  const length = x.shape[axis];
  const outer = sizeOf(x.shape.slice(0, axis));
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < step; i++) visit(o * length * step + i, length, step);
  }
}

/** e^x / Σ e^x along `axis`, computed after subtracting the maximum. */
export const softmax: Kernel<OperationOf<'softmax'>> = {
  forward({ axis }, [x], shape, allocate) {
    const output = allocate(shape);
    forEachColumn(
      x,
      (first, length, step) => {
        const { maximum, sum } = exponentials(x.data, first, length, step);
        for (let i = first; i < first + length * step; i += step) {
          output.data[i] = Math.exp(x.data[i] - maximum) / sum;
        }
      },
      axis,
    );
    return output;
  },
  backward({ operation, inputs: [x], output, gradient }, allocate) {
    const result = allocate(x.shape);
    forEachColumn(
      x,
      (first, length, step) => {
        const end = first + length * step;
        // The terms are taken relative to the gradient of the largest output, which changes nothing but the
        // rounding: with an output near 1, 1 − Σ would lose all its digits.
        let largest = first;
        for (let i = first; i < end; i += step) if (output.data[i] > output.data[largest]) largest = i;
        const origin = gradient.data[largest];
        let inner = 0;
        for (let i = first; i < end; i += step) inner += output.data[i] * (gradient.data[i] - origin);
        for (let i = first; i < end; i += step) {
          result.data[i] = output.data[i] * (gradient.data[i] - origin - inner);
        }
      },
      operation.axis,
    );
    return [result];
  },
};

/** x − log Σ e^x along `axis`. */
export const logSoftmax: Kernel<OperationOf<'logSoftmax'>> = {
  forward({ axis }, [x], shape, allocate) {
    const output = allocate(shape);
    forEachColumn(
      x,
      (first, length, step) => {
        const { maximum, sum } = exponentials(x.data, first, length, step);
        const shift = maximum + Math.log(sum);
        for (let i = first; i < first + length * step; i += step) output.data[i] = x.data[i] - shift;
      },
      axis,
    );
    return output;
  },
  backward({ operation, inputs: [x], output, gradient }, allocate) {
    const result = allocate(x.shape);
    forEachColumn(
      x,
      (first, length, step) => {
        let total = 0;
        for (let i = first; i < first + length * step; i += step) total += gradient.data[i];
        for (let i = first; i < first + length * step; i += step) {
          result.data[i] = gradient.data[i] - Math.exp(output.data[i]) * total;
        }
      },
      operation.axis,
    );
    return [result];
  },
};

function exponentials(x: Values['data'], first: number, length: number, step: number) {
  let maximum = -Infinity;
  for (let i = first; i < first + length * step; i += step) maximum = Math.max(maximum, x[i]);
  let sum = 0;
  for (let i = first; i < first + length * step; i += step) sum += Math.exp(x[i] - maximum);
  return { maximum, sum };
}
