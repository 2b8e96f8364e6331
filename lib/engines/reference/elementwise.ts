import type { Operation } from '../../graph/graph.js';
import { errorFunction, normalDistribution } from './error-function.js';
import type { Kernel, OperationOf } from './kernel.js';

/**
 * Functions of one number. Where a function has a kink, its derivative is the one from the left, so relu'(0)
 * = 0, leakyRelu'(0) = alpha, elu'(0) = alpha; where it saturates (clip, hardSigmoid, hardSwish) the
 * saturated side's derivative holds at both ends: clip'(x) is 1 on the open interval (min, max) only.
 */
function elementwise<O extends Operation>(
  value: (x: number, operation: O) => number,
  derivative: (x: number, y: number, operation: O) => number,
): Kernel<O> {
  return {
    forward(operation, [x], shape, allocate) {
      const output = allocate(shape);
      for (let i = 0; i < x.data.length; i++) output.data[i] = value(x.data[i], operation);
      return output;
    },
    backward({ operation, inputs: [x], output, gradient }, allocate) {
      const result = allocate(x.shape);
      for (let i = 0; i < x.data.length; i++) {
        result.data[i] = gradient.data[i] * derivative(x.data[i], output.data[i], operation);
      }
      return [result];
    },
  };
}

/** 1 / (1 + e⁻ˣ), without overflow for x far below zero. */
function logistic(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

export const identity = elementwise<OperationOf<'identity'>>(
  (x) => x,
  () => 1,
);

export const relu = elementwise<OperationOf<'relu'>>(
  // Written so that NaN stays NaN.
  (x) => (x <= 0 ? 0 : x),
  (x) => (x > 0 ? 1 : 0),
);

// σ(x)·σ(−x), not y·(1 − y): y may be so near 1 that nothing is left of 1 − y.
export const sigmoid = elementwise<OperationOf<'sigmoid'>>(logistic, (x) => logistic(x) * logistic(-x));

export const tanh = elementwise<OperationOf<'tanh'>>(Math.tanh, (x) => Math.cosh(x) ** -2);

export const softplus = elementwise<OperationOf<'softplus'>>(
  (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  logistic,
);

export const hardSwish = elementwise<OperationOf<'hardSwish'>>(
  (x) => x * Math.max(0, Math.min(1, x / 6 + 0.5)),
  (x) => (x <= -3 ? 0 : x >= 3 ? 1 : (2 * x + 3) / 6),
);

/** Its slope at 0 is infinite, as the limit is. */
export const sqrt = elementwise<OperationOf<'sqrt'>>(Math.sqrt, (_, y) => 0.5 / y);

export const erf = elementwise<OperationOf<'erf'>>(
  errorFunction,
  (x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x),
);

export const gelu = elementwise<OperationOf<'gelu'>>(
  (x) => x * normalDistribution(x),
  (x) => normalDistribution(x) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI),
);

export const clip = elementwise<OperationOf<'clip'>>(
  (x, { min, max }) => Math.min(Math.max(x, min), max),
  (x, _, { min, max }) => (x > min && x < max ? 1 : 0),
);

export const leakyRelu = elementwise<OperationOf<'leakyRelu'>>(
  (x, { alpha }) => (x > 0 ? x : alpha * x),
  (x, _, { alpha }) => (x > 0 ? 1 : alpha),
);

export const elu = elementwise<OperationOf<'elu'>>(
  (x, { alpha }) => (x > 0 ? x : alpha * Math.expm1(x)),
  (x, _, { alpha }) => (x > 0 ? 1 : alpha * Math.exp(x)),
);

export const selu = elementwise<OperationOf<'selu'>>(
  (x, { alpha, gamma }) => gamma * (x > 0 ? x : alpha * Math.expm1(x)),
  (x, _, { alpha, gamma }) => gamma * (x > 0 ? 1 : alpha * Math.exp(x)),
);

export const hardSigmoid = elementwise<OperationOf<'hardSigmoid'>>(
  (x, { alpha, beta }) => Math.max(0, Math.min(1, alpha * x + beta)),
  (x, _, { alpha, beta }) => (alpha * x + beta > 0 && alpha * x + beta < 1 ? alpha : 0),
);

export const swish = elementwise<OperationOf<'swish'>>(
  (x, { alpha }) => x * logistic(alpha * x),
  (x, _, { alpha }) => {
    const gate = logistic(alpha * x);
    return gate + alpha * x * gate * logistic(-alpha * x);
  },
);
