import { SmugError } from '../errors.js';
import { sizeOf } from '../tensor.js';
import { broadcastShapes } from './broadcast.js';
import type { Graph, Operation } from './graph.js';
import { windowAt, windowCount } from './windows.js';

type Shape = readonly number[];
type Of<Name extends Operation['op']> = Extract<Operation, { op: Name }>;

/** No value may have more elements than this (4 GiB of float32): a hostile or broken file, not a network. */
const MAX_ELEMENTS = 2 ** 30;

/**
 * The shape of `operation(inputs…)`.
 * @param label what to call the node in an error, e.g. "node 'conv1' (Conv)".
 * @throws SmugError BAD_MODEL when the shapes or attributes do not fit together; one sentence says which.
 */
export function inferShape(operation: Operation, inputs: readonly Shape[], label: string): number[] {
  const shape = infer(operation, inputs, (why) => {
    const shapes = inputs.map((input) => `[${input.join(', ')}]`).join(', ');
    throw new SmugError('BAD_MODEL', `${label}: ${why} (input shapes: ${shapes || 'none'}).`);
  });
  return checkShape(shape, label);
}

/** Throws BAD_MODEL unless every dimension is a positive integer and the whole is of a sane size. */
export function checkShape(shape: Shape, label: string): number[] {
  if (shape.some((dimension) => !Number.isSafeInteger(dimension) || dimension < 1))
    throw new SmugError(
      'BAD_MODEL',
      `${label}: shape [${shape.join(', ')}] is impossible; every dimension must be a positive whole number.`,
    );
  if (sizeOf(shape) > MAX_ELEMENTS || shape.length > 16)
    throw new SmugError(
      'BAD_MODEL',
      `${label}: shape [${shape.join(', ')}] is beyond the limit of ${MAX_ELEMENTS} elements and 16 axes.`,
    );
  return [...shape];
}

/** Checks order, names and shapes of a whole graph; `shapes` must hold what inference gives. */
export function checkGraph(graph: Graph): void {
  const known = new Set<string>([...graph.inputs, ...graph.constants.keys()]);
  const bad = (why: string): never => {
    throw new SmugError('BAD_MODEL', `The graph is inconsistent: ${why}.`);
  };
  for (const [name, tensor] of graph.constants)
    if (tensor.data.length !== sizeOf(tensor.shape))
      bad(`constant '${name}' has data of another length than its shape`);
  for (const node of graph.nodes) {
    for (const input of node.inputs)
      if (!known.has(input)) bad(`node '${node.name}' reads '${input}' before anything computes it`);
    if (known.has(node.output)) bad(`value '${node.output}' is defined twice`);
    known.add(node.output);
    const shapes = node.inputs.map((input) => graph.shapes.get(input) ?? bad(`'${input}' has no shape`));
    const inferred = inferShape(node, shapes, `node '${node.name}' (${node.op})`);
    const stored = graph.shapes.get(node.output);
    if (stored?.join() !== inferred.join())
      bad(`'${node.output}' has shape [${stored}] but should have [${inferred}]`);
  }
  for (const output of graph.outputs) if (!known.has(output)) bad(`output '${output}' is never computed`);
}

type Fail = (why: string) => never;

function infer(operation: Operation, inputs: readonly Shape[], fail: Fail): number[] {
  const x = inputs[0];
  const arity = inputCounts[operation.op];
  if (inputs.length < arity[0] || inputs.length > arity[1])
    fail(`expected ${arity[0]}${arity[1] > arity[0] ? ` to ${arity[1]}` : ''} inputs, got ${inputs.length}`);
  switch (operation.op) {
    case 'conv':
      return conv(operation, inputs, fail);
    case 'dense':
      return dense(inputs, fail);
    case 'affine':
      for (const side of [inputs[1], inputs[2]])
        if (x.length < 2 || side.length !== 1 || side[0] !== x[1])
          fail(`scale and shift must have one entry a channel (axis 1 of the input)`);
      return [...x];
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
      return broadcastShapes(x, inputs[1]) ?? fail('shapes do not broadcast');
    case 'prelu':
      if (broadcastShapes(x, inputs[1])?.join() !== x.join())
        fail('the slope does not broadcast to the input');
      return [...x];
    case 'maxPool':
    case 'averagePool':
      return pool(operation, x, fail);
    case 'globalMaxPool':
      if (x.length < 3) fail('expected an input with spatial axes');
      return x.map((size, axis) => (axis < 2 ? size : 1));
    case 'reduceMean':
      return reduceMean(operation, x, fail);
    case 'lrn':
      if (x.length < 2) fail('expected an input with a channel axis');
      if (!Number.isInteger(operation.size) || operation.size < 1)
        fail(`window size ${operation.size} is impossible`);
      return [...x];
    case 'layerNorm':
      return layerNorm(operation, inputs, fail);
    case 'matMul':
      return matMul(inputs, fail);
    case 'concat':
      return concat(operation, inputs, fail);
    case 'pad':
      return pad(operation, x, fail);
    case 'slice':
      return slice(operation, x, fail);
    case 'reshape':
      if (sizeOf(operation.shape) !== sizeOf(x))
        fail(`cannot be reshaped to [${operation.shape.join(', ')}]`);
      return [...operation.shape];
    case 'transpose':
      if ([...operation.perm].sort((a, b) => a - b).join() !== x.map((_, axis) => axis).join())
        fail(`[${operation.perm.join(', ')}] is no permutation of the axes`);
      return operation.perm.map((axis) => x[axis]);
    case 'softmax':
    case 'logSoftmax':
      if (!isAxis(operation.axis, x.length)) fail(`has no axis ${operation.axis}`);
      return [...x];
    case 'gather':
      if (!isAxis(operation.axis, x.length)) fail(`the table has no axis ${operation.axis}`);
      return [...x.slice(0, operation.axis), ...inputs[1], ...x.slice(operation.axis + 1)];
    case 'upsample':
      if (operation.scales.length !== x.length - 2) fail('expected one scale a spatial axis');
      if (operation.scales.some((scale) => !isPositive(scale)))
        fail(`scales [${operation.scales}] must be whole and ≥ 1`);
      return x.map((size, axis) => (axis < 2 ? size : size * operation.scales[axis - 2]));
    default:
      return [...x];
  }
}

/** Fewest and most inputs of every operation. */
const inputCounts: Record<Operation['op'], [number, number]> = {
  conv: [2, 3],
  dense: [2, 3],
  affine: [3, 3],
  add: [2, 2],
  sub: [2, 2],
  mul: [2, 2],
  div: [2, 2],
  relu: [1, 1],
  sigmoid: [1, 1],
  tanh: [1, 1],
  softplus: [1, 1],
  hardSwish: [1, 1],
  erf: [1, 1],
  sqrt: [1, 1],
  identity: [1, 1],
  gelu: [1, 1],
  clip: [1, 1],
  leakyRelu: [1, 1],
  elu: [1, 1],
  selu: [1, 1],
  prelu: [2, 2],
  hardSigmoid: [1, 1],
  swish: [1, 1],
  maxPool: [1, 1],
  averagePool: [1, 1],
  globalMaxPool: [1, 1],
  reduceMean: [1, 1],
  lrn: [1, 1],
  layerNorm: [3, 3],
  matMul: [2, 2],
  concat: [1, Infinity],
  pad: [1, 1],
  slice: [1, 1],
  reshape: [1, 1],
  transpose: [1, 1],
  softmax: [1, 1],
  logSoftmax: [1, 1],
  gather: [2, 2],
  upsample: [1, 1],
};

function conv(operation: Of<'conv'>, [x, weights, bias]: readonly Shape[], fail: Fail): number[] {
  const rank = x.length - 2;
  if (rank < 1 || rank > 2) fail(`expected [N, C, L] or [N, C, H, W]`);
  if (weights.length !== x.length) fail(`the kernel must have ${x.length} axes`);
  const kernel = weights.slice(2);
  checkWindows(operation, kernel, x, fail);
  const { groups } = operation;
  if (!isPositive(groups) || x[1] % groups !== 0 || weights[0] % groups !== 0)
    fail(`${groups} groups do not divide ${x[1]} input and ${weights[0]} output channels`);
  if (weights[1] !== x[1] / groups)
    fail(`the kernel expects ${weights[1] * groups} input channels, the input has ${x[1]}`);
  if (bias !== undefined && (bias.length !== 1 || bias[0] !== weights[0]))
    fail(`the bias must have shape [${weights[0]}]`);
  return [x[0], weights[0], ...kernel.map((_, axis) => count(operation, kernel, x, axis, false, fail))];
}

function pool(operation: Of<'maxPool' | 'averagePool'>, x: Shape, fail: Fail): number[] {
  const rank = x.length - 2;
  if (rank < 1 || rank > 2) fail(`expected [N, C, L] or [N, C, H, W]`);
  const { kernel } = operation;
  checkWindows(operation, kernel, x, fail);
  for (let axis = 0; axis < rank; axis++) {
    const { kernel: taps, dilation, padBegin, padEnd } = windowAt(operation, kernel, axis);
    if (Math.max(padBegin, padEnd) > dilation * (taps - 1))
      fail(`padding [${operation.pads.join(', ')}] reaches over the whole window`);
  }
  return [x[0], x[1], ...kernel.map((_, axis) => count(operation, kernel, x, axis, operation.ceil, fail))];
}

interface Windowed {
  strides: number[];
  pads: number[];
  dilations: number[];
}

function checkWindows(operation: Windowed, kernel: Shape, x: Shape, fail: Fail): void {
  const rank = x.length - 2;
  const { strides, pads, dilations } = operation;
  if (
    kernel.length !== rank ||
    strides.length !== rank ||
    dilations.length !== rank ||
    pads.length !== 2 * rank
  )
    fail(`kernel, strides, dilations need ${rank} and pads ${2 * rank} entries`);
  if (![...kernel, ...strides, ...dilations].every(isPositive))
    fail(`kernel [${kernel}], strides [${strides}] and dilations [${dilations}] must be whole and ≥ 1`);
  if (!pads.every((pad) => Number.isSafeInteger(pad) && pad >= 0))
    fail(`padding [${pads}] must be whole and ≥ 0`);
  // Engines may store the padded input.
  const padded = x.map((size, axis) => (axis < 2 ? size : size + pads[axis - 2] + pads[axis - 2 + rank]));
  if (sizeOf(padded) > MAX_ELEMENTS)
    fail(`the padded input [${padded.join(', ')}] is beyond the limit of ${MAX_ELEMENTS} elements`);
}

function count(
  operation: Windowed,
  kernel: Shape,
  x: Shape,
  axis: number,
  ceil: boolean,
  fail: Fail,
): number {
  const windows = windowCount(x[axis + 2], windowAt(operation, kernel, axis), ceil);
  if (windows < 1) fail(`the window [${kernel.join(', ')}] is larger than the padded input`);
  return windows;
}

function dense([x, weights, bias]: readonly Shape[], fail: Fail): number[] {
  if (weights.length !== 2 || x.length < 1) fail('expected x […, K] and W [K, M]');
  const last = x[x.length - 1];
  if (last !== weights[0]) fail(`the weights expect ${weights[0]} inputs, the input's last axis has ${last}`);
  if (bias !== undefined && (bias.length !== 1 || bias[0] !== weights[1]))
    fail(`the bias must have shape [${weights[1]}]`);
  return [...x.slice(0, -1), weights[1]];
}

function reduceMean(operation: Of<'reduceMean'>, x: Shape, fail: Fail): number[] {
  const axes = new Set(operation.axes);
  if (axes.size !== operation.axes.length || operation.axes.some((axis) => !isAxis(axis, x.length)))
    fail(`axes [${operation.axes.join(', ')}] do not fit the input`);
  return x.flatMap((size, axis) => (axes.has(axis) ? (operation.keepDims ? [1] : []) : [size]));
}

function layerNorm({ axis, epsilon }: Of<'layerNorm'>, inputs: readonly Shape[], fail: Fail): number[] {
  const [x, ...parameters] = inputs;
  if (!isAxis(axis, x.length)) fail(`has no axis ${axis}`);
  if (!(epsilon >= 0 && Number.isFinite(epsilon))) fail(`epsilon ${epsilon} is impossible`);
  for (const shape of parameters)
    if (shape.length !== 1 || shape[0] !== x[axis])
      fail(`scale and shift must have the ${x[axis]} entries of axis ${axis}`);
  return [...x];
}

function matMul([a, b]: readonly Shape[], fail: Fail): number[] {
  const rank = a.length;
  if (rank < 3 || b.length !== rank || a.some((size, axis) => axis < rank - 2 && size !== b[axis]))
    fail('expected two batches of matrices, […, M, K] and […, K, N], with the same leading axes');
  if (a[rank - 1] !== b[rank - 2])
    fail(`the rows of the first have ${a[rank - 1]} entries, the columns of the second ${b[rank - 2]}`);
  return [...a.slice(0, -1), b[rank - 1]];
}

function concat(operation: Of<'concat'>, inputs: readonly Shape[], fail: Fail): number[] {
  const { axis } = operation;
  const [first] = inputs;
  if (!isAxis(axis, first.length)) fail(`has no axis ${axis}`);
  for (const shape of inputs)
    if (shape.length !== first.length || shape.some((size, at) => at !== axis && size !== first[at]))
      fail(`inputs differ in another axis than ${axis}`);
  return first.map((size, at) => (at === axis ? inputs.reduce((sum, shape) => sum + shape[axis], 0) : size));
}

function pad(operation: Of<'pad'>, x: Shape, fail: Fail): number[] {
  const { pads, mode } = operation;
  if (pads.length !== 2 * x.length || !pads.every((entry) => Number.isSafeInteger(entry)))
    fail(`expected ${2 * x.length} whole pads, got [${pads.join(', ')}]`);
  return x.map((size, axis) => {
    const [begin, end] = [pads[axis], pads[axis + x.length]];
    if (mode === 'reflect' && Math.max(begin, end) >= size)
      fail(`cannot reflect by more than the input's size less one`);
    if (size + Math.min(begin, 0) + Math.min(end, 0) < 1)
      fail(`cropping by [${pads.join(', ')}] leaves nothing`);
    return size + begin + end;
  });
}

function slice(operation: Of<'slice'>, x: Shape, fail: Fail): number[] {
  const { starts, ends, steps } = operation;
  if (starts.length !== x.length || ends.length !== x.length || steps.length !== x.length)
    fail('starts, ends and steps need one entry an axis');
  return x.map((size, axis) => {
    const [start, end, step] = [starts[axis], ends[axis], steps[axis]];
    const inside = start >= 0 && start < size && end >= -1 && end <= size;
    if (![start, end, step].every(Number.isSafeInteger) || step === 0 || !inside)
      fail(`slice ${start}:${end}:${step} is not inside axis ${axis}`);
    const kept = Math.ceil((end - start) / step);
    if (kept < 1) fail(`slice ${start}:${end}:${step} of axis ${axis} is empty`);
    return kept;
  });
}

function isAxis(axis: number, rank: number): boolean {
  return Number.isInteger(axis) && axis >= 0 && axis < rank;
}

function isPositive(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}
