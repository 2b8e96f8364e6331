import { transposeArray } from '../../../graph/array-operations.js';
import { samePadding } from '../../../graph/windows.js';
import type { HostTensor } from '../../host-tensor.js';
import {
  hostValue,
  shapeOfValue,
  type Conversion,
  type OperatorDefinition,
  type Value,
} from '../conversion.js';

export interface WindowAttributes {
  strides: number[];
  pads: number[];
  dilations: number[];
  /** False where `auto_pad` decides the output size, whatever `ceil_mode` says. */
  explicit: boolean;
}

/** strides, pads, dilations and auto_pad of a convolution or pooling node, one entry a spatial axis. */
export function windowAttributes(node: Conversion, kernel: readonly number[]): WindowAttributes {
  const x = node.shape(0);
  const rank = x.length - 2;
  if (rank < 1 || rank > 2) node.unsupported(`it has ${rank} spatial axes; 1 and 2 are supported`);
  if (kernel.length !== rank) node.bad(`its kernel [${kernel.join(', ')}] does not fit ${rank} spatial axes`);
  const { attributes } = node;
  const ones = kernel.map(() => 1);
  const strides = attributes.ints('strides') ?? ones;
  const dilations = attributes.ints('dilations') ?? ones;
  let pads = attributes.ints('pads') ?? [...ones, ...ones].map(() => 0);
  const auto = attributes.string('auto_pad', 'NOTSET');
  if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') {
    const odd = auto === 'SAME_UPPER' ? 'end' : 'begin';
    const both = kernel.map((taps, axis) =>
      samePadding(x[axis + 2], taps, strides[axis], dilations[axis], odd),
    );
    pads = [...both.map(([begin]) => begin), ...both.map(([, end]) => end)];
  } else if (auto === 'VALID') {
    pads = pads.map(() => 0);
  } else if (auto !== 'NOTSET') {
    node.bad(`auto_pad '${auto}' is none of NOTSET, SAME_UPPER, SAME_LOWER, VALID`);
  }
  return { strides, pads, dilations, explicit: auto === 'NOTSET' };
}

function conv(node: Conversion): Value {
  const weights = node.host(1, 'kernel') ?? node.bad('it has no kernel');
  node.host(2, 'bias');
  const kernel = node.attributes.ints('kernel_shape') ?? weights.shape.slice(2);
  if (kernel.join() !== weights.shape.slice(2).join())
    node.bad(
      `kernel_shape [${kernel.join(', ')}] differs from the weights' [${weights.shape.slice(2).join(', ')}]`,
    );
  const { strides, pads, dilations } = windowAttributes(node, kernel);
  const inputs = [node.input(0), node.input(1), ...(node.inputs[2] ? [node.inputs[2]] : [])];
  return node.emit({ op: 'conv', strides, pads, dilations, groups: node.attributes.int('group', 1) }, inputs);
}

function scaled(tensor: HostTensor, factor: number): HostTensor {
  return factor === 1 ? tensor : { ...tensor, data: tensor.data.map((value) => value * factor) };
}

/** alpha·A'·B' + beta·C with B constant; C becomes the bias when it is constant and one row. */
function gemm(node: Conversion): Value {
  const { attributes } = node;
  const alpha = attributes.float('alpha', 1);
  const beta = attributes.float('beta', 1);
  let a = node.input(0);
  if (attributes.int('transA', 0)) a = node.transpose(a, [1, 0]);
  const b = node.host(1, 'weights') ?? node.bad('it has no weights');
  if (b.shape.length !== 2 || node.shape(0).length !== 2) node.bad('both factors must be matrices');
  const matrix = attributes.int('transB', 0) ? { ...transposeArray(b, [1, 0]), integer: false } : b;
  const weights = weightsNamed(node, 1, scaled(matrix, alpha), matrix === b && alpha === 1);
  const columns = matrix.shape[1];
  const c = node.inputs[2];
  if (c === undefined || beta === 0) return node.emit({ op: 'dense' }, [a, weights]);
  if (c.kind === 'host' && c.tensor.data.length === columns && (c.tensor.shape.at(-1) ?? 1) === columns) {
    const bias = scaled({ ...c.tensor, shape: [columns] }, beta);
    return node.emit({ op: 'dense' }, [
      a,
      weights,
      weightsNamed(node, 2, bias, beta === 1 && c.tensor.shape.length === 1),
    ]);
  }
  const product = node.emit({ op: 'dense' }, [a, weights]);
  const scaledC = c.kind === 'host' ? hostValue(scaled(c.tensor, beta), `${node.name}.C`) : c;
  if (c.kind === 'host' || beta === 1) return node.binary('add', product, scaledC);
  return node.binary(
    'add',
    product,
    node.binary('mul', c, hostValue({ data: Float32Array.of(beta), shape: [], integer: false })),
  );
}

/** Keeps the file's name for a weight that is used as it is, so that it is stored once. */
function weightsNamed(node: Conversion, slot: number, tensor: HostTensor, asIs: boolean): Value {
  const value = node.input(slot);
  return hostValue(
    tensor,
    asIs && value.kind === 'host' ? value.name : `${node.name}.${slot === 1 ? 'weights' : 'bias'}`,
  );
}

/** Of two computed values, as in attention; leading axes that only one of them has are not broadcast. */
function productOfComputed(node: Conversion, a: Value, b: Value): Value {
  const [left, right] = [shapeOfValue(a), shapeOfValue(b)];
  const alike = left.length === right.length && left.slice(0, -2).join() === right.slice(0, -2).join();
  if (!alike || left.length < 3)
    node.unsupported(
      `both factors are computed from the model’s input, and their shapes [${left.join(', ')}] and ` +
        `[${right.join(', ')}] are not those of two batches of matrices with the same leading axes`,
    );
  return node.emit({ op: 'matMul' }, [a, b]);
}

function matMul(node: Conversion): Value {
  const [a, b] = [node.input(0), node.input(1)];
  const [left, right] = [node.shape(0), node.shape(1)];
  if (left.length === 0 || right.length === 0) node.bad('its factors must have at least one axis');
  if (b.kind === 'host') {
    if (right.slice(0, -2).some((size) => size !== 1))
      node.unsupported('its constant factor is a batch of matrices');
    const matrix = right.length === 1 ? [right[0], 1] : right.slice(-2);
    const weights =
      right.length === 2 ? b : hostValue({ ...b.tensor, shape: matrix }, `${node.name}.weights`);
    const product = node.emit({ op: 'dense' }, [a, weights]);
    if (right.length === 1) return node.reshape(product, left.slice(0, -1));
    const lead = Math.max(0, right.length - Math.max(left.length, 2));
    if (lead === 0) return product;
    return node.reshape(product, [...new Array<number>(lead).fill(1), ...left.slice(0, -1), matrix[1]]);
  }
  if (a.kind !== 'host') return productOfComputed(node, a, b);
  if (left.length !== 2 || right.length < 2)
    node.unsupported('a constant left factor must be a matrix, and the right one too');
  const swap = right.map((_, axis) => axis);
  swap.push(...swap.splice(-2).reverse());
  const weights = hostValue({ ...transposeArray(a.tensor, [1, 0]), integer: false }, `${node.name}.weights`);
  return node.transpose(node.emit({ op: 'dense' }, [node.transpose(b, swap), weights]), swap);
}

export const layers: Record<string, OperatorDefinition> = {
  Conv: { convert: conv, parameters: [1, 2] },
  Gemm: { convert: gemm, parameters: [1, 2] },
  MatMul: { convert: matMul, parameters: [1] },
};
