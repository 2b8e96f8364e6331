import type { Operation } from '../../graph/graph.js';
import type { OperationOf, Kernel, Values, Allocate } from './kernel.js';
import { broadcastIndices } from './broadcasting.js';

/** A function of two numbers with numpy broadcasting; the gradient of a repeated element is summed. */
function binary<O extends Operation>(
  value: (a: number, b: number) => number,
  byFirst: (a: number, b: number) => number,
  bySecond: (a: number, b: number) => number,
): Kernel<O> {
  return {
    forward(_, [a, b], shape, allocate) {
      const output = allocate(shape);
      const fromA = broadcastIndices(a.shape, shape);
      const fromB = broadcastIndices(b.shape, shape);
      for (let i = 0; i < output.data.length; i++) {
        output.data[i] = value(a.data[fromA ? fromA[i] : i], b.data[fromB ? fromB[i] : i]);
      }
      return output;
    },
    backward({ inputs, gradient, wanted }, allocate) {
      return inputs.map((input, which) =>
        wanted[which]
          ? reduced(input, inputs, gradient, which === 0 ? byFirst : bySecond, allocate)
          : undefined,
      );
    },
  };
}

/** Σ gradient · slope over all places an element of `input` was broadcast to. */
function reduced(
  input: Values,
  [a, b]: readonly Values[],
  gradient: Values,
  slope: (a: number, b: number) => number,
  allocate: Allocate,
): Values {
  const fromA = broadcastIndices(a.shape, gradient.shape);
  const fromB = broadcastIndices(b.shape, gradient.shape);
  const to = broadcastIndices(input.shape, gradient.shape);
  const sums = new Float64Array(input.data.length);
  for (let i = 0; i < gradient.data.length; i++) {
    sums[to ? to[i] : i] +=
      gradient.data[i] * slope(a.data[fromA ? fromA[i] : i], b.data[fromB ? fromB[i] : i]);
  }
  const result = allocate(input.shape);
  result.data.set(sums);
  return result;
}

export const add = binary<OperationOf<'add'>>(
  (a, b) => a + b,
  () => 1,
  () => 1,
);

export const sub = binary<OperationOf<'sub'>>(
  (a, b) => a - b,
  () => 1,
  () => -1,
);

export const mul = binary<OperationOf<'mul'>>(
  (a, b) => a * b,
  (_, b) => b,
  (a) => a,
);

export const div = binary<OperationOf<'div'>>(
  (a, b) => a / b,
  (_, b) => 1 / b,
  (a, b) => -a / (b * b),
);

/** x ≥ 0 ? x : slope·x; the slope is broadcast to x. At 0 the derivative is the one from the left. */
export const prelu = binary<OperationOf<'prelu'>>(
  (x, slope) => (x >= 0 ? x : slope * x),
  (x, slope) => (x > 0 ? 1 : slope),
  (x) => (x > 0 ? 0 : x),
);

/** x·scale + shift, one scale and shift a channel (axis 1). */
export const affine: Kernel<OperationOf<'affine'>> = {
  forward(_, [x, scale, shift], shape, allocate) {
    const output = allocate(shape);
    forEachChannelElement(x.shape, (i, c) => {
      output.data[i] = x.data[i] * scale.data[c] + shift.data[c];
    });
    return output;
  },
  backward({ inputs: [x, scale, shift], gradient, wanted }, allocate) {
    const byX = allocate(x.shape);
    const byScale = new Float64Array(scale.data.length);
    const byShift = new Float64Array(shift.data.length);
    forEachChannelElement(x.shape, (i, c) => {
      byX.data[i] = gradient.data[i] * scale.data[c];
      byScale[c] += gradient.data[i] * x.data[i];
      byShift[c] += gradient.data[i];
    });
    const stored = (sums: Float64Array, shape: readonly number[]) => {
      const result = allocate(shape);
      result.data.set(sums);
      return result;
    };
    return [
      byX,
      wanted[1] ? stored(byScale, scale.shape) : undefined,
      wanted[2] ? stored(byShift, shift.shape) : undefined,
    ];
  },
};

function forEachChannelElement(
  shape: readonly number[],
  visit: (index: number, channel: number) => void,
): void {
  const [batch, channels] = shape;
  const inner = shape.slice(2).reduce((product, size) => product * size, 1);
  let index = 0;
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < inner; i++) visit(index++, c);
    }
  }
}
