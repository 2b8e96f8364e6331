import type { Tensor } from '../../tensor.js';
import type { Node } from '../graph.js';
import { operationOf, type Rule, type View } from './rule.js';

/** y ↦ scale·y + shift with one entry a channel, in float64. */
interface ChannelMap {
  scale: Float64Array;
  shift: Float64Array;
}

/**
 * Folds a batch norm, or arithmetic with a constant that is the same all over a channel, into the convolution
 * or dense layer before it: W' = scale·W, b' = scale·b + shift, computed in float64 and rounded once.
 */
export const foldIntoLinear: Rule = (node, view) => {
  const operand = linearOperand(node, view);
  if (operand === undefined) return undefined;
  const layer = view.producer(operand);
  if (layer === undefined || (layer.op !== 'conv' && layer.op !== 'dense') || !view.usedOnce(operand))
    return undefined;
  const weights = view.constant(layer.inputs[1]);
  const bias = layer.inputs[2] === undefined ? undefined : view.constant(layer.inputs[2]);
  if (weights === undefined || (layer.inputs[2] !== undefined && bias === undefined)) return undefined;

  const rank = view.shape(operand).length;
  const axis = layer.op === 'conv' ? 1 : rank - 1;
  const channels = view.shape(operand)[axis];
  if (view.shape(node.output).join() !== view.shape(operand).join()) return undefined;
  const map = channelMap(node, operand, view, rank, axis, channels);
  // A division by zero is left where it is.
  if (map === undefined || ![...map.scale, ...map.shift].every(Number.isFinite)) return undefined;

  const { data, shape } = weights;
  const folded = new Float32Array(data.length);
  // A convolution's output channel is the first axis of its kernel, a dense layer's the last of its matrix.
  const perChannel = data.length / channels;
  for (let i = 0; i < data.length; i++)
    folded[i] = data[i] * map.scale[layer.op === 'conv' ? Math.floor(i / perChannel) : i % channels];
  const shift = Float32Array.from(map.shift, (entry, c) => (bias?.data[c] ?? 0) * map.scale[c] + entry);
  return {
    operation: operationOf(layer),
    inputs: [
      layer.inputs[0],
      view.addConstant(`${node.output}.weights`, { data: folded, shape: [...shape] }),
      view.addConstant(`${node.output}.bias`, { data: shift, shape: [channels] }),
    ],
  };
};

/** The one input of the node that is computed, if the node is linear in it. */
function linearOperand(node: Node, view: View): string | undefined {
  if (node.op === 'affine') return node.inputs[0];
  if (node.op !== 'add' && node.op !== 'sub' && node.op !== 'mul' && node.op !== 'div') return undefined;
  const [a, b] = node.inputs;
  if (view.constant(b) !== undefined) return a;
  return view.constant(a) !== undefined && node.op !== 'div' ? b : undefined;
}

function channelMap(
  node: Node,
  operand: string,
  view: View,
  rank: number,
  axis: number,
  channels: number,
): ChannelMap | undefined {
  const filled = (value: number) => new Float64Array(channels).fill(value);
  if (node.op === 'affine') {
    const [scale, shift] = [view.constant(node.inputs[1]), view.constant(node.inputs[2])];
    if (axis !== 1 || scale === undefined || shift === undefined) return undefined;
    return { scale: Float64Array.from(scale.data), shift: Float64Array.from(shift.data) };
  }
  const onLeft = node.inputs[0] === operand;
  const constant = view.constant(node.inputs[onLeft ? 1 : 0]);
  const values = constant && entriesPerChannel(constant, rank, axis, channels);
  if (values === undefined) return undefined;
  switch (node.op) {
    case 'mul':
      return { scale: values, shift: filled(0) };
    case 'div':
      return { scale: values.map((value) => 1 / value), shift: filled(0) };
    case 'add':
      return { scale: filled(1), shift: values };
    case 'sub':
      return onLeft
        ? { scale: filled(1), shift: values.map((value) => -value) }
        : { scale: filled(-1), shift: values };
    default:
      return undefined;
  }
}

/** The entry of a broadcast constant for each channel; undefined when it varies within a channel. */
function entriesPerChannel(
  constant: Tensor,
  rank: number,
  axis: number,
  channels: number,
): Float64Array | undefined {
  const { data, shape } = constant;
  if (shape.length > rank) return undefined;
  const own = axis - (rank - shape.length);
  if (shape.some((size, at) => size !== 1 && at !== own)) return undefined;
  return Float64Array.from({ length: channels }, (_, c) => data[data.length === 1 ? 0 : c]);
}
