import { sizeOf } from '../../../tensor.js';
import { hostValue, type Conversion, type OperatorDefinition, type Value } from '../conversion.js';
import { windowAttributes } from './layers.js';

function pool(node: Conversion, op: 'maxPool' | 'averagePool'): Value {
  if (node.usedOutputs[1]) node.unsupported('its second output (indices) is used');
  const kernel = node.attributes.ints('kernel_shape') ?? node.bad('it has no kernel_shape');
  const { strides, pads, dilations, explicit } = windowAttributes(node, kernel);
  const window = {
    kernel,
    strides,
    pads,
    dilations,
    ceil: explicit && node.attributes.int('ceil_mode', 0) !== 0,
  };
  if (op === 'maxPool') return node.emit({ op, ...window }, [node.input(0)]);
  const countIncludePad = node.attributes.int('count_include_pad', 0) !== 0;
  return node.emit({ op, ...window, countIncludePad }, [node.input(0)]);
}

function spatialAxes(node: Conversion): number[] {
  const rank = node.shape(0).length;
  if (rank < 3) node.bad('it expects an input with spatial axes');
  return Array.from({ length: rank - 2 }, (_, at) => at + 2);
}

interface Reduction {
  axes: number[];
  keepDims: boolean;
}

function reduction(node: Conversion): Reduction {
  const rank = node.shape(0).length;
  const listed = node.numbers(1, 'axes') ?? [];
  const all = listed.length === 0 && !node.attributes.int('noop_with_empty_axes', 0);
  const axes = all
    ? Array.from({ length: rank }, (_, at) => at)
    : listed.map((axis) => node.axis(axis, rank));
  return {
    axes: [...new Set(axes)].sort((a, b) => a - b),
    keepDims: node.attributes.int('keepdims', 1) !== 0,
  };
}

/** Reduces a value known now, as shape arithmetic does. */
function reduceHost(node: Conversion, f: (a: number, b: number) => number): Value {
  const tensor = node.host(0, 'input') ?? node.bad('it has no input');
  const { axes, keepDims } = reduction(node);
  if (axes.length !== tensor.shape.length) node.unsupported('it reduces some axes only');
  if (tensor.data.length === 0) node.unsupported('it reduces nothing');
  const data = tensor.data.slice(0, 1);
  for (let i = 1; i < tensor.data.length; i++) data[0] = f(data[0], tensor.data[i]);
  return node.fold(tensor, { data, shape: keepDims ? tensor.shape.map(() => 1) : [] });
}

function reduceMean(node: Conversion): Value {
  const { axes, keepDims } = reduction(node);
  if (axes.length === 0) return node.input(0);
  return node.emit({ op: 'reduceMean', axes, keepDims }, [node.input(0)]);
}

function reduceSum(node: Conversion): Value {
  if (node.input(0).kind === 'host') return reduceHost(node, (a, b) => a + b);
  const { axes } = reduction(node);
  if (axes.length === 0) return node.input(0);
  const count = sizeOf(axes.map((axis) => node.shape(0)[axis]));
  const factor = hostValue({ data: Float32Array.of(count), shape: [], integer: false }, `${node.name}.count`);
  return node.binary('mul', reduceMean(node), factor);
}

function reduceMax(node: Conversion): Value {
  if (node.input(0).kind === 'host') return reduceHost(node, Math.max);
  const { axes, keepDims } = reduction(node);
  const x = node.shape(0);
  if (axes.length === 0) return node.input(0);
  if (axes[0] === 0) node.unsupported('it takes the maximum over the batch, or over everything');
  // Spatial are those behind the channels: the axes that stay become one, those that go another.
  const kept = x.flatMap((_, axis) => (axes.includes(axis) ? [] : [axis]));
  const perm = [...kept, ...axes];
  const turned = perm.some((from, axis) => from !== axis)
    ? node.transpose(node.input(0), perm)
    : node.input(0);
  const sizes = (of: number[]) => sizeOf(of.map((axis) => x[axis]));
  const inPlace = kept.length === 2 && axes.length <= 2;
  const flat = inPlace ? turned : node.reshape(turned, [x[0], sizes(kept.slice(1)), sizes(axes)]);
  const maximum = node.emit({ op: 'globalMaxPool' }, [flat]);
  return node.reshape(
    maximum,
    keepDims ? x.map((size, axis) => (axes.includes(axis) ? 1 : size)) : kept.map((axis) => x[axis]),
  );
}

export const pooling: Record<string, OperatorDefinition> = {
  MaxPool: { convert: (node) => pool(node, 'maxPool') },
  AveragePool: { convert: (node) => pool(node, 'averagePool') },
  GlobalMaxPool: {
    convert: (node) => (spatialAxes(node), node.emit({ op: 'globalMaxPool' }, [node.input(0)])),
  },
  GlobalAveragePool: {
    convert: (node) =>
      node.emit({ op: 'reduceMean', axes: spatialAxes(node), keepDims: true }, [node.input(0)]),
  },
  ReduceMean: { convert: reduceMean, parameters: [1] },
  ReduceSum: { convert: reduceSum, parameters: [1] },
  ReduceMax: { convert: reduceMax, parameters: [1] },
  ReduceMin: { convert: (node) => reduceHost(node, Math.min), parameters: [1] },
  ReduceProd: { convert: (node) => reduceHost(node, (a, b) => a * b), parameters: [1] },
};
