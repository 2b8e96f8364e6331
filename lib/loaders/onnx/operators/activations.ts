import type { Operation } from '../../../graph/graph.js';
import { sizeOf } from '../../../tensor.js';
import {
  hostValue,
  shapeOfValue,
  type Conversion,
  type OperatorDefinition,
  type Value,
} from '../conversion.js';

const plain = (operation: (node: Conversion) => Operation): OperatorDefinition => ({
  convert: (node) => node.emit(operation(node), [node.input(0)]),
});

/** Limits are attributes up to opset 10, optional inputs from 11. */
function clip(node: Conversion): Value {
  const limit = (slot: number, name: string, otherwise: number): number => {
    const values = node.hostNumbers(slot, name);
    if (values !== undefined && values.length !== 1) node.bad(`its ${name} must be one number`);
    const value = values?.[0] ?? node.attributes.float(name, otherwise);
    return Number.isNaN(value) ? node.bad(`its ${name} is not a number`) : value;
  };
  return clipTo(node, node.input(0), limit(1, 'min', -Infinity), limit(2, 'max', Infinity));
}

export function clipTo(node: Conversion, x: Value, min: number, max: number): Value {
  if (x.kind !== 'host') return node.emit({ op: 'clip', min, max }, [x]);
  node.reserve(x.tensor.shape);
  return node.fold(x.tensor, {
    ...x.tensor,
    data: x.tensor.data.map((v) => Math.min(Math.max(v, min), max)),
  });
}

/** Before opset 13 a softmax runs over all axes from `axis` on, taken together. */
function softmax(node: Conversion, op: 'softmax' | 'logSoftmax'): Value {
  const shape = node.shape(0);
  const x = node.input(0);
  if (node.opset >= 13)
    return node.emit({ op, axis: node.axis(node.attributes.int('axis', -1), shape.length) }, [x]);
  const given = node.attributes.int('axis', 1);
  const axis = given === shape.length ? given : node.axis(given, shape.length);
  const rest = sizeOf(shape.slice(axis));
  if (axis < shape.length && shape[axis] === rest) return node.emit({ op, axis }, [x]);
  const flat = node.reshape(x, [sizeOf(shape.slice(0, axis)), rest]);
  return node.reshape(node.emit({ op, axis: 1 }, [flat]), shape);
}

function prelu(node: Conversion): Value {
  const x = shapeOfValue(node.input(0));
  let slope = node.input(1);
  const shape = shapeOfValue(slope);
  // Opset 6 gave one slope a channel without trailing axes.
  if (node.opset < 7 && shape.length === 1 && shape[0] > 1 && x.length > 2)
    slope = node.reshape(slope, [shape[0], ...x.slice(2).map(() => 1)]);
  return node.emit({ op: 'prelu' }, [node.input(0), slope]);
}

/** α·elu(x/α) */
function celu(node: Conversion): Value {
  const alpha = node.attributes.float('alpha', 1);
  if (alpha === 0) node.bad('its alpha is 0');
  const elu = node.emit({ op: 'elu', alpha: 1 }, [node.binary('div', node.input(0), scalar(alpha))]);
  return node.binary('mul', elu, scalar(alpha));
}

/** x·tanh(softplus(x)) */
function mish(node: Conversion): Value {
  const x = node.input(0);
  return node.binary('mul', x, node.emit({ op: 'tanh' }, [node.emit({ op: 'softplus' }, [x])]));
}

/** x/(1 + |x|) */
function softsign(node: Conversion): Value {
  const x = node.input(0);
  return node.binary('div', x, node.binary('add', absolute(node, x), scalar(1)));
}

/** |x| of a computed value, as relu(x) + relu(−x) */
export function absolute(node: Conversion, x: Value): Value {
  const negative = node.binary('mul', x, scalar(-1));
  return node.binary('add', node.emit({ op: 'relu' }, [x]), node.emit({ op: 'relu' }, [negative]));
}

/** x·Φ(x), or what its approximation by tanh is: x·½(1 + tanh u) = x·σ(2u) with u = √(2/π)·(x + 0.044715·x³). */
function gelu(node: Conversion): Value {
  const x = node.input(0);
  const approximate = node.attributes.string('approximate', 'none');
  if (approximate === 'none') return node.emit({ op: 'gelu' }, [x]);
  if (approximate !== 'tanh') node.bad(`its approximation '${approximate}' is none of none, tanh`);
  const factor = 2 * Math.sqrt(2 / Math.PI);
  const square = node.binary('mul', node.binary('mul', x, x), scalar(0.044715 * factor));
  const inner = node.binary('mul', x, node.binary('add', square, scalar(factor)));
  return node.binary('mul', x, node.emit({ op: 'sigmoid' }, [inner]));
}

/** One number as a constant. */
export function scalar(value: number): Value {
  return hostValue({ data: Float32Array.of(value), shape: [], integer: false }, String(value));
}

export const activations: Record<string, OperatorDefinition> = {
  Relu: plain(() => ({ op: 'relu' })),
  Sigmoid: plain(() => ({ op: 'sigmoid' })),
  Tanh: plain(() => ({ op: 'tanh' })),
  Softplus: plain(() => ({ op: 'softplus' })),
  HardSwish: plain(() => ({ op: 'hardSwish' })),
  Erf: plain(() => ({ op: 'erf' })),
  Gelu: { convert: gelu },
  Elu: plain(({ attributes }) => ({ op: 'elu', alpha: attributes.float('alpha', 1) })),
  LeakyRelu: plain(({ attributes }) => ({ op: 'leakyRelu', alpha: attributes.float('alpha', 0.01) })),
  Selu: plain(({ attributes }) => ({
    op: 'selu',
    alpha: attributes.float('alpha', 1.67326319217681884765625),
    gamma: attributes.float('gamma', 1.05070102214813232421875),
  })),
  HardSigmoid: plain(({ attributes }) => ({
    op: 'hardSigmoid',
    alpha: attributes.float('alpha', 0.2),
    beta: attributes.float('beta', 0.5),
  })),
  Swish: plain(({ attributes }) => ({ op: 'swish', alpha: attributes.float('alpha', 1) })),
  Celu: { convert: celu },
  Mish: { convert: mish },
  Softsign: { convert: softsign },
  Clip: { convert: clip, parameters: [1, 2] },
  PRelu: { convert: prelu, parameters: [1] },
  Softmax: { convert: (node) => softmax(node, 'softmax') },
  LogSoftmax: { convert: (node) => softmax(node, 'logSoftmax') },
};
