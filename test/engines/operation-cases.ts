import type { Operation } from '../../dist/graph/graph.js';
import type { Tensor } from '../../dist/tensor.js';
import { Random } from '../support/random.js';

/** One operation on given operands; `variable` marks the operands that have a gradient. */
export interface OperationCase {
  name: string;
  operation: Operation;
  operands: Tensor[];
  variable: boolean[];
}

/** Every operation of `graph.ts`, the spatial ones with the paddings, strides and dilations that go wrong. */
export function operationCases(): OperationCase[] {
  const random = new Random(2021);
  const cases: OperationCase[] = [];
  const add = (name: string, operation: Operation, operands: Tensor[], variable = operands.map(() => true)) =>
    cases.push({ name: `${operation.op} ${name}`, operation, operands, variable });
  const tensor = (...shape: number[]) => random.tensor(shape);

  addConvolutions(add, tensor);
  addPools(add, tensor);
  addElementwise(add, tensor, random);
  addArithmetic(add, tensor, random);
  addMovement(add, tensor);
  addProducts(add, tensor);
  addNormalisations(add, tensor);
  return cases;
}

type Add = (name: string, operation: Operation, operands: Tensor[], variable?: boolean[]) => void;
type MakeTensor = (...shape: number[]) => Tensor;

function addConvolutions(add: Add, tensor: MakeTensor): void {
  const plain = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1 };
  const conv = (name: string, x: Tensor, w: Tensor, options: Partial<typeof plain>, bias = true) =>
    add(name, { op: 'conv', ...plain, ...options }, bias ? [x, w, tensor(w.shape[0])] : [x, w]);
  conv('3x3', tensor(1, 3, 6, 7), tensor(4, 3, 3, 3), {});
  conv('without bias', tensor(2, 3, 6, 7), tensor(4, 3, 3, 3), {}, false);
  conv('1x1', tensor(1, 5, 4, 4), tensor(3, 5, 1, 1), {});
  conv('same padding', tensor(1, 3, 6, 7), tensor(4, 3, 3, 3), { pads: [1, 1, 1, 1] });
  conv('stride 2, TensorFlow same padding', tensor(1, 3, 6, 8), tensor(4, 3, 3, 3), {
    strides: [2, 2],
    pads: [0, 0, 1, 1],
  });
  conv('uneven kernel, stride, padding', tensor(1, 2, 9, 8), tensor(3, 2, 2, 4), {
    strides: [3, 2],
    pads: [1, 0, 2, 3],
  });
  conv('dilation', tensor(1, 2, 9, 9), tensor(3, 2, 3, 2), { dilations: [2, 3], pads: [2, 1, 0, 2] });
  conv('dilation and stride', tensor(1, 2, 9, 9), tensor(3, 2, 3, 3), {
    dilations: [2, 2],
    strides: [2, 3],
    pads: [1, 2, 2, 1],
  });
  conv('padding beyond the kernel', tensor(1, 2, 4, 3), tensor(3, 2, 1, 2), { pads: [2, 3, 1, 2] });
  conv('stride that skips input', tensor(1, 2, 8, 8), tensor(3, 2, 2, 1), { strides: [4, 3] });
  conv('groups', tensor(1, 6, 5, 6), tensor(4, 3, 3, 3), { groups: 2, pads: [1, 1, 1, 1], strides: [2, 1] });
  conv('depthwise', tensor(2, 4, 6, 6), tensor(4, 1, 3, 3), { groups: 4, pads: [1, 1, 1, 1] });
  conv('depthwise, stride, uneven padding', tensor(1, 4, 7, 8), tensor(4, 1, 3, 3), {
    groups: 4,
    strides: [2, 2],
    pads: [0, 1, 1, 0],
  });
  conv('depthwise, multiplier 2, dilation', tensor(1, 3, 8, 8), tensor(6, 1, 3, 2), {
    groups: 3,
    dilations: [2, 1],
    pads: [2, 1, 1, 0],
  });
  const line = { strides: [1], pads: [0, 0], dilations: [1] };
  conv('1-D', tensor(1, 4, 9), tensor(5, 4, 3), line);
  conv('1-D, everything', tensor(2, 4, 11), tensor(6, 2, 3), {
    strides: [2],
    pads: [3, 1],
    dilations: [2],
    groups: 2,
  });
  conv('1-D depthwise', tensor(1, 4, 9), tensor(4, 1, 3), { ...line, groups: 4, pads: [1, 2] });
  add('vector', { op: 'dense' }, [tensor(2, 7), tensor(7, 3), tensor(3)]);
  add('without bias, three axes', { op: 'dense' }, [tensor(1, 4, 5), tensor(5, 6)]);
}

function addPools(add: Add, tensor: MakeTensor): void {
  const windows = {
    '2x2': { kernel: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0], dilations: [1, 1], ceil: false },
    '3x3 overlapping': {
      kernel: [3, 3],
      strides: [2, 2],
      pads: [0, 0, 0, 0],
      dilations: [1, 1],
      ceil: false,
    },
    padded: { kernel: [3, 2], strides: [1, 2], pads: [1, 0, 2, 1], dilations: [1, 1], ceil: false },
    ceil: { kernel: [3, 3], strides: [2, 2], pads: [0, 0, 0, 0], dilations: [1, 1], ceil: true },
    'ceil and padding': {
      kernel: [2, 3],
      strides: [3, 2],
      pads: [1, 1, 1, 1],
      dilations: [1, 1],
      ceil: true,
    },
    dilated: { kernel: [2, 3], strides: [1, 2], pads: [1, 1, 0, 1], dilations: [3, 2], ceil: false },
    'dilated, ceil': { kernel: [2, 2], strides: [2, 3], pads: [1, 0, 1, 1], dilations: [2, 3], ceil: true },
    '1x1 with stride': {
      kernel: [1, 1],
      strides: [2, 3],
      pads: [0, 0, 0, 0],
      dilations: [1, 1],
      ceil: false,
    },
    '1xn': { kernel: [1, 3], strides: [1, 2], pads: [0, 1, 0, 2], dilations: [1, 1], ceil: true },
  };
  for (const [name, window] of Object.entries(windows)) {
    const x = tensor(2, 3, 8, 7);
    add(name, { op: 'maxPool', ...window }, [x]);
    add(`${name}, padding counted`, { op: 'averagePool', ...window, countIncludePad: true }, [x]);
    add(`${name}, padding left out`, { op: 'averagePool', ...window, countIncludePad: false }, [x]);
  }
  const line = { kernel: [3], strides: [2], pads: [1, 0], dilations: [1], ceil: true };
  add('1-D', { op: 'maxPool', ...line }, [tensor(1, 3, 8)]);
  add('1-D', { op: 'averagePool', ...line, countIncludePad: true }, [tensor(1, 3, 8)]);
  add('2-D', { op: 'globalMaxPool' }, [tensor(2, 3, 4, 5)]);
  add('1-D', { op: 'globalMaxPool' }, [tensor(1, 3, 6)]);
  const mean = (axes: number[], keepDims: boolean, x: Tensor) =>
    add(`axes ${axes}, ${keepDims ? 'kept' : 'dropped'}`, { op: 'reduceMean', axes, keepDims }, [x]);
  mean([2, 3], true, tensor(2, 3, 4, 5));
  mean([2, 3], false, tensor(2, 3, 4, 5));
  mean([1], true, tensor(2, 3, 4, 5));
  mean([1, 3], false, tensor(1, 3, 4, 5));
  mean([2], false, tensor(2, 3, 5));
  mean([1], false, tensor(2, 6));
}

const plain = ['relu', 'sigmoid', 'tanh', 'softplus', 'hardSwish', 'erf', 'identity'] as const;

function addElementwise(add: Add, tensor: MakeTensor, random: Random): void {
  for (const op of [...plain, 'gelu'] as const) {
    const x = tensor(1, 3, 5, 4);
    // hardSwish bends at ±3, erf and gelu are flat there: spread the values over that.
    if (op === 'hardSwish' || op === 'erf' || op === 'gelu')
      x.data.forEach((value, i) => (x.data[i] = 3 * value));
    add('', { op }, [x]);
  }
  add('', { op: 'sqrt' }, [random.uniform([1, 3, 5, 4], 0.2, 4)]);
  const operations: Operation[] = [
    { op: 'clip', min: -0.5, max: 1 },
    { op: 'clip', min: 0, max: Infinity },
    { op: 'clip', min: -Infinity, max: 0.25 },
    { op: 'leakyRelu', alpha: 0.2 },
    { op: 'elu', alpha: 1 },
    { op: 'elu', alpha: 1.3 },
    { op: 'selu', alpha: 1.6732632423543772, gamma: 1.0507009873554805 },
    { op: 'selu', alpha: 1.2, gamma: 0.8 },
    { op: 'hardSigmoid', alpha: 0.6, beta: 0.4 },
    { op: 'swish', alpha: 1 },
    { op: 'swish', alpha: 1.7 },
  ];
  for (const operation of operations) add(JSON.stringify(operation), operation, [tensor(2, 3, 5)]);
}

/** Products of two computed values, as attention has them. */
function addProducts(add: Add, tensor: MakeTensor): void {
  add('three axes', { op: 'matMul' }, [tensor(2, 3, 5), tensor(2, 5, 4)]);
  add('heads', { op: 'matMul' }, [tensor(1, 3, 7, 4), tensor(1, 3, 4, 7)]);
  add('one row', { op: 'matMul' }, [tensor(2, 2, 1, 6), tensor(2, 2, 6, 3)]);
  add('five axes', { op: 'matMul' }, [tensor(1, 2, 2, 3, 4), tensor(1, 2, 2, 4, 3)]);
}

function addArithmetic(add: Add, tensor: MakeTensor, random: Random): void {
  const divisor = (...shape: number[]) => random.uniform(shape, 0.5, 2);
  for (const op of ['add', 'sub', 'mul', 'div'] as const) {
    add('alike', { op }, [tensor(1, 3, 4, 2), divisor(1, 3, 4, 2)]);
    add('per channel', { op }, [tensor(2, 3, 4, 2), divisor(3, 1, 1)], [true, false]);
    add('scalar', { op }, [tensor(2, 3, 4), divisor()], [true, false]);
    add('last axis', { op }, [tensor(1, 3, 4, 2), divisor(2)], [true, false]);
    add('gate', { op }, [tensor(1, 3, 4, 2), divisor(1, 3, 1, 1)]);
    add('both ways', { op }, [tensor(1, 3, 1, 2), divisor(1, 1, 4, 2)]);
  }
  add('scalar first', { op: 'sub' }, [divisor(), tensor(2, 3, 4)], [false, true]);
  add('scalar first', { op: 'div' }, [tensor(1), divisor(2, 3, 4)], [false, true]);
  add('per channel', { op: 'prelu' }, [tensor(2, 3, 4, 2), tensor(3, 1, 1)]);
  add('shared', { op: 'prelu' }, [tensor(2, 3, 4), tensor(1)]);
  add('per feature', { op: 'prelu' }, [tensor(2, 6), tensor(6)]);
  add('map', { op: 'affine' }, [tensor(2, 3, 4, 2), tensor(3), tensor(3)]);
  add('signal', { op: 'affine' }, [tensor(1, 3, 5), tensor(3), tensor(3)]);
  add('vector', { op: 'affine' }, [tensor(2, 5), tensor(5), tensor(5)]);
}

function addMovement(add: Add, tensor: MakeTensor): void {
  add('channels', { op: 'concat', axis: 1 }, [tensor(2, 3, 4, 2), tensor(2, 1, 4, 2), tensor(2, 2, 4, 2)]);
  add('width', { op: 'concat', axis: 3 }, [tensor(1, 3, 4, 2), tensor(1, 3, 4, 3)]);
  const pad = (mode: 'constant' | 'reflect' | 'edge', pads: number[], value = 0) =>
    add(`${mode} ${pads} ${value}`, { op: 'pad', pads, mode, value }, [tensor(2, 3, 4, 5)]);
  pad('constant', [0, 0, 1, 2, 0, 0, 3, 0]);
  pad('constant', [0, 1, 0, 2, 0, 0, 1, 1], 0.5);
  pad('constant', [0, 0, -1, 1, 0, -1, 2, -2]);
  pad('reflect', [0, 0, 3, 1, 0, 2, 0, 4]);
  pad('edge', [0, 1, 0, 2, 0, 0, 3, 1]);
  add('crop', { op: 'slice', starts: [0, 1, 0, 2], ends: [2, 3, 4, 4], steps: [1, 1, 1, 1] }, [
    tensor(2, 3, 4, 5),
  ]);
  add('steps', { op: 'slice', starts: [0, 0, 1, 4], ends: [2, 3, 4, -1], steps: [1, 2, 2, -2] }, [
    tensor(2, 3, 4, 5),
  ]);
  add('merge', { op: 'reshape', shape: [2, 12, 5] }, [tensor(2, 3, 4, 5)]);
  add('flatten', { op: 'reshape', shape: [2, 60] }, [tensor(2, 3, 4, 5)]);
  add('five axes', { op: 'reshape', shape: [2, 2, 3, 2, 5] }, [tensor(2, 6, 2, 5)]);
  add('to channels last', { op: 'transpose', perm: [0, 2, 3, 1] }, [tensor(2, 3, 4, 5)]);
  add('five axes', { op: 'transpose', perm: [0, 2, 1, 4, 3] }, [tensor(2, 3, 2, 4, 5)]);
  add('three axes', { op: 'transpose', perm: [0, 2, 1] }, [tensor(2, 3, 4)]);
  const indices = (shape: number[], ...values: number[]) => ({ data: Float32Array.from(values), shape });
  const gather = (name: string, axis: number, table: Tensor, picked: Tensor) =>
    add(name, { op: 'gather', axis }, [table, picked], [true, false]);
  gather('channels', 1, tensor(2, 4, 3, 2), indices([5], 3, 0, 0, -1, 1));
  gather('last axis', 2, tensor(1, 3, 5), indices([2], 4, 1));
  gather('table of pairs', 1, tensor(1, 4, 3), indices([2, 2], 3, 0, 1, 1));
  add('2-D', { op: 'upsample', scales: [2, 3] }, [tensor(2, 3, 3, 2)]);
  add('1-D', { op: 'upsample', scales: [3] }, [tensor(1, 2, 4)]);
}

function addNormalisations(add: Add, tensor: MakeTensor): void {
  for (const size of [1, 2, 3, 4, 5, 9]) {
    add(`size ${size}`, { op: 'lrn', size, alpha: 0.7, beta: 0.75, bias: 1.5 }, [tensor(2, 6, 3, 2)]);
  }
  add('1-D, beta 0.5', { op: 'lrn', size: 3, alpha: 0.7, beta: 0.5, bias: 1 }, [tensor(1, 6, 4)]);
  const layerNorm = (name: string, axis: number, epsilon: number, x: Tensor) =>
    add(name, { op: 'layerNorm', axis, epsilon }, [x, tensor(x.shape[axis]), tensor(x.shape[axis])]);
  layerNorm('features', 1, 1e-5, tensor(2, 6));
  layerNorm('tokens', 2, 1e-6, tensor(2, 5, 12));
  layerNorm('channels', 1, 1e-6, tensor(2, 6, 4, 3));
  layerNorm('last axis', 3, 0.1, tensor(1, 3, 4, 9));
  layerNorm('signal', 1, 1e-3, tensor(1, 7, 70));
  for (const op of ['softmax', 'logSoftmax'] as const) {
    add('classes', { op, axis: 1 }, [tensor(2, 6)]);
    add('channels', { op, axis: 1 }, [tensor(1, 4, 3, 2)]);
    add('height', { op, axis: 2 }, [tensor(1, 4, 3, 2)]);
    add('width', { op, axis: 3 }, [tensor(1, 4, 3, 2)]);
  }
}
