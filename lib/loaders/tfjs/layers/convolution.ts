import { samePadding } from '../../../graph/windows.js';
import type { Layer, LayerConverter, LayerValue } from '../layer.js';
import { ownActivation } from './activation.js';

interface Windows {
  strides: number[];
  pads: number[];
  dilations: number[];
}

/** Strides and padding of a window over `spatial` sizes; 'same' is resolved to numbers. */
export function windowsOf(
  layer: Layer,
  spatial: readonly number[],
  kernel: readonly number[],
  defaultStrides: readonly number[],
): Windows {
  const { config } = layer;
  const rank = kernel.length;
  const strides = config.wholes('strides', rank, defaultStrides);
  const dilations = config.wholes(
    'dilation_rate',
    rank,
    kernel.map(() => 1),
  );
  const padding = config.string('padding', 'valid').toLowerCase();
  if (padding === 'valid') return { strides, dilations, pads: new Array<number>(2 * rank).fill(0) };
  if (padding === 'causal' && rank === 1)
    return { strides, dilations, pads: [dilations[0] * (kernel[0] - 1), 0] };
  if (padding !== 'same')
    layer.unsupported(`padding '${padding}'; known are valid, same and, in one dimension, causal`);
  const both = kernel.map((taps, axis) => samePadding(spatial[axis], taps, strides[axis], dilations[axis]));
  return { strides, dilations, pads: [...both.map(([begin]) => begin), ...both.map(([, end]) => end)] };
}

/** Moves a kernel [k…, in, out] to [out, in, k…]. */
function kernelOrder(spatial: number): number[] {
  return [spatial + 1, spatial, ...Array.from({ length: spatial }, (_, axis) => axis)];
}

function convolve(
  layer: Layer,
  x: LayerValue,
  weights: string,
  groups: number,
  defaultStrides: readonly number[],
): LayerValue {
  const kernel = layer.builder.shape(weights).slice(2);
  const { strides, dilations, pads } = windowsOf(layer, x.shape.slice(1, -1), kernel, defaultStrides);
  const bias = layer.config.boolean('use_bias', true) ? [layer.weightConstant(['bias'], 1)] : [];
  return layer.emit({ op: 'conv', strides, pads, dilations, groups }, [x.name, weights, ...bias], true);
}

function convolution(spatial: number): LayerConverter {
  return (layer) => {
    const x = layer.image(spatial);
    const weights = layer.weightConstant(['kernel'], spatial + 2, kernelOrder(spatial));
    const ones = new Array<number>(spatial).fill(1);
    return ownActivation(layer, convolve(layer, x, weights, layer.config.number('groups', 1), ones));
  };
}

/** [k…, C, m] → [C·m, 1, k…]: every channel has m filters of its own. */
function depthwiseWeights(layer: Layer, spatial: number): { weights: string; channels: number } {
  const names = ['depthwise_kernel', 'kernel'];
  const { shape } = layer.weight(...names);
  const channels = shape[spatial] ?? 0;
  const perm = [spatial, spatial + 1, ...Array.from({ length: spatial }, (_, axis) => axis)];
  const weights = layer.weightConstant(names, spatial + 2, perm, ([c, m, ...kernel]) => [
    c * m,
    1,
    ...kernel,
  ]);
  return { weights, channels };
}

function depthwise(spatial: number): LayerConverter {
  return (layer) => {
    const x = layer.image(spatial);
    const { weights, channels } = depthwiseWeights(layer, spatial);
    const ones = new Array<number>(spatial).fill(1);
    return ownActivation(layer, convolve(layer, x, weights, channels, ones));
  };
}

function separable(spatial: number): LayerConverter {
  return (layer) => {
    const x = layer.image(spatial);
    const { weights, channels } = depthwiseWeights(layer, spatial);
    const ones = new Array<number>(spatial).fill(1);
    const kernel = layer.builder.shape(weights).slice(2);
    const windows = windowsOf(layer, x.shape.slice(1, -1), kernel, ones);
    const each = layer.emit({ op: 'conv', ...windows, groups: channels }, [x.name, weights], true);
    const mixing = layer.weightConstant(['pointwise_kernel'], spatial + 2, kernelOrder(spatial));
    const bias = layer.config.boolean('use_bias', true) ? [layer.weightConstant(['bias'], 1)] : [];
    const plain = { strides: ones, dilations: ones, pads: [...ones, ...ones].map(() => 0), groups: 1 };
    return ownActivation(layer, layer.emit({ op: 'conv', ...plain }, [each.name, mixing, ...bias], true));
  };
}

/** Contracts the last axis. */
function dense(layer: Layer): LayerValue {
  const x = layer.toPlain(layer.input());
  const weights = layer.weightConstant(['kernel'], 2);
  const bias = layer.config.boolean('use_bias', true) ? [layer.weightConstant(['bias'], 1)] : [];
  return ownActivation(layer, layer.emit({ op: 'dense' }, [x.name, weights, ...bias], false));
}

function embedding(layer: Layer): LayerValue {
  const x = layer.input();
  return layer.emit({ op: 'gather', axis: 0 }, [layer.weightConstant(['embeddings'], 2), x.name], false);
}

export const linearLayers: Record<string, LayerConverter> = {
  Conv1D: convolution(1),
  Conv2D: convolution(2),
  DepthwiseConv1D: depthwise(1),
  DepthwiseConv2D: depthwise(2),
  SeparableConv1D: separable(1),
  SeparableConv2D: separable(2),
  Dense: dense,
  Embedding: embedding,
};
