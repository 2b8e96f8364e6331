import type { Operation } from '../../graph/graph.js';
import type { OperationOf } from '../reference/kernel.js';
import type { DeviceTensor, Kernels } from './kernels.js';
import type { Prepare } from './program.js';

/** A function of one tensor and its derivative, which may read x, y or both; see the reference for kinks. */
function elementwise<O extends Operation>(
  saves: { inputs: boolean; output: boolean },
  value: (k: Kernels, x: DeviceTensor, operation: O) => DeviceTensor,
  slope: (k: Kernels, x: DeviceTensor, y: DeviceTensor, operation: O) => DeviceTensor,
): Prepare<O> {
  return ({ kernels: k, operation, homes: [layout] }) => ({
    forms: [{ layout }],
    layout,
    saves,
    forward: ([x]) => value(k, x, operation),
    backward: ({ inputs: [x], output, gradient }) => [k.mul(gradient, slope(k, x, output, operation))],
  });
}

const byInput = { inputs: true, output: false };
const byOutput = { inputs: false, output: true };

/** 1 where low < x < high, else 0. */
function inside(k: Kernels, x: DeviceTensor, low: number, high: number): DeviceTensor {
  const above = low === -Infinity ? undefined : k.step(k.shifted(x, -low));
  const below = high === Infinity ? undefined : k.step(k.sub(k.scalar(high), x));
  if (above && below) return k.mul(above, below);
  return above ?? below ?? k.fill(x.shape, 1);
}

/** 1 − x. */
function complement(k: Kernels, x: DeviceTensor): DeviceTensor {
  return k.sub(k.scalar(1), x);
}

export const identity: Prepare<OperationOf<'identity'>> = ({ kernels: k, homes: [layout] }) => ({
  forms: [{ layout }],
  layout,
  saves: { inputs: false, output: false },
  forward: ([x]) => k.identity(x),
  backward: ({ gradient }) => [k.identity(gradient)],
});

export const relu = elementwise<OperationOf<'relu'>>(
  byOutput,
  (k, x) => k.relu(x),
  (k, _, y) => k.step(y),
);

/** σ(x)·σ(−x), the slope of σ. σ(x)·(1 − σ(x)) would lose all digits where σ(x) is near 1. */
function bell(k: Kernels, x: DeviceTensor): DeviceTensor {
  return k.mul(k.unary('Sigmoid', x), k.unary('Sigmoid', k.scaled(x, -1)));
}

export const sigmoid = elementwise<OperationOf<'sigmoid'>>(
  byInput,
  (k, x) => k.unary('Sigmoid', x),
  (k, x) => bell(k, x),
);

// tanh x = 2σ(2x) − 1.
export const tanh = elementwise<OperationOf<'tanh'>>(
  byInput,
  (k, x) => k.unary('Tanh', x),
  (k, x) => k.scaled(bell(k, k.scaled(x, 2)), 4),
);

export const softplus = elementwise<OperationOf<'softplus'>>(
  byInput,
  (k, x) => k.unary('Softplus', x),
  (k, x) => k.unary('Sigmoid', x),
);

export const hardSwish = elementwise<OperationOf<'hardSwish'>>(
  byInput,
  (k, x) => k.mul(x, k.clip(k.shifted(k.scaled(x, 1 / 6), 0.5), 0, 1)),
  (k, x) => {
    const middle = k.mul(inside(k, x, -3, 3), k.shifted(k.scaled(x, 1 / 3), 0.5));
    return k.add(middle, complement(k, k.step(k.sub(k.scalar(3), x))));
  },
);

export const sqrt = elementwise<OperationOf<'sqrt'>>(
  byOutput,
  (k, x) => k.unary('Sqrt', x),
  (k, _, y) => k.div(k.scalar(0.5), y),
);

/** e^(−factor·x²) */
function gaussian(k: Kernels, x: DeviceTensor, factor: number): DeviceTensor {
  return k.unary('Exp', k.scaled(k.unary('Square', x), -factor));
}

export const erf = elementwise<OperationOf<'erf'>>(
  byInput,
  (k, x) => k.unary('Erf', x),
  (k, x) => k.scaled(gaussian(k, x, 1), 2 / Math.sqrt(Math.PI)),
);

/** Φ(x) = (1 + erf(x/√2))/2 */
function normalDistribution(k: Kernels, x: DeviceTensor): DeviceTensor {
  return k.shifted(k.scaled(k.unary('Erf', k.scaled(x, Math.SQRT1_2)), 0.5), 0.5);
}

export const gelu = elementwise<OperationOf<'gelu'>>(
  byInput,
  (k, x) => k.mul(x, normalDistribution(k, x)),
  (k, x) => {
    const density = k.scaled(gaussian(k, x, 0.5), 1 / Math.sqrt(2 * Math.PI));
    return k.add(normalDistribution(k, x), k.mul(x, density));
  },
);

export const clip = elementwise<OperationOf<'clip'>>(
  byInput,
  (k, x, { min, max }) => (min === 0 && max === Infinity ? k.relu(x) : k.clip(x, min, max)),
  (k, x, _, { min, max }) => inside(k, x, min, max),
);

export const leakyRelu = elementwise<OperationOf<'leakyRelu'>>(
  byInput,
  (k, x, { alpha }) => k.add(k.relu(x), k.scaled(k.negativePart(x), alpha)),
  (k, x, _, { alpha }) => k.step(x, alpha),
);

/** x above 0, factor·(eˣ − 1) below. */
function exponentialBelow(k: Kernels, x: DeviceTensor, factor: number): DeviceTensor {
  return k.add(k.relu(x), k.scaled(k.unary('Expm1', k.negativePart(x)), factor));
}

function slopeExponentialBelow(k: Kernels, x: DeviceTensor, factor: number): DeviceTensor {
  const above = k.step(x);
  return k.add(above, k.mul(complement(k, above), k.scaled(k.unary('Exp', k.negativePart(x)), factor)));
}

export const elu = elementwise<OperationOf<'elu'>>(
  byInput,
  (k, x, { alpha }) => exponentialBelow(k, x, alpha),
  (k, x, _, { alpha }) => slopeExponentialBelow(k, x, alpha),
);

export const selu = elementwise<OperationOf<'selu'>>(
  byInput,
  (k, x, { alpha, gamma }) => k.scaled(exponentialBelow(k, x, alpha), gamma),
  (k, x, _, { alpha, gamma }) => k.scaled(slopeExponentialBelow(k, x, alpha), gamma),
);

export const hardSigmoid = elementwise<OperationOf<'hardSigmoid'>>(
  byInput,
  (k, x, { alpha, beta }) => k.clip(k.shifted(k.scaled(x, alpha), beta), 0, 1),
  (k, x, _, { alpha, beta }) => k.scaled(inside(k, k.shifted(k.scaled(x, alpha), beta), 0, 1), alpha),
);

export const swish = elementwise<OperationOf<'swish'>>(
  byInput,
  (k, x, { alpha }) => k.mul(x, k.unary('Sigmoid', k.scaled(x, alpha))),
  (k, x, _, { alpha }) => {
    const inner = k.scaled(x, alpha);
    return k.add(k.unary('Sigmoid', inner), k.mul(inner, bell(k, inner)));
  },
);
