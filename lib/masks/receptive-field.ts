import type { FirstLayer } from '../graph/split.js';
import type { InputGeometry } from './cells.js';

/** The positions of X that a node reads: every row with every column; a dilated kernel leaves gaps. */
export interface ReceptiveField {
  rows: number[];
  columns: number[];
}

/** Output channel, row and column of a convolution's node; a 1-D convolution has one row. */
export function nodePosition(
  layer: Extract<FirstLayer, { kind: 'conv' }>,
  node: number,
): { channel: number; y: number; x: number } {
  const shape = layer.outputShape;
  const width = shape[shape.length - 1];
  const height = shape.length === 3 ? shape[1] : 1;
  return {
    channel: Math.floor(node / (height * width)),
    y: Math.floor(node / width) % height,
    x: node % width,
  };
}

/** Kernel size, stride, padding and dilation of a convolution as two axes; 1-D ones get a first axis of size 1. */
export function convolutionAxes(layer: Extract<FirstLayer, { kind: 'conv' }>): {
  kernel: [number, number];
  stride: [number, number];
  pad: [number, number];
  dilation: [number, number];
} {
  const kernel = layer.weights.shape.slice(2);
  if (kernel.length === 2) {
    return {
      kernel: [kernel[0], kernel[1]],
      stride: [layer.strides[0], layer.strides[1]],
      pad: [layer.pads[0], layer.pads[1]],
      dilation: [layer.dilations[0], layer.dilations[1]],
    };
  }
  return {
    kernel: [1, kernel[0]],
    stride: [1, layer.strides[0]],
    pad: [0, layer.pads[0]],
    dilation: [1, layer.dilations[0]],
  };
}

/** The receptive field of a node, cut at X's borders; a dense node reads all of X. */
export function receptiveField(layer: FirstLayer, geometry: InputGeometry, node: number): ReceptiveField {
  const { height, width } = geometry;
  if (layer.kind === 'dense')
    return { rows: steps(0, height, 1, height), columns: steps(0, width, 1, width) };
  const { y, x } = nodePosition(layer, node);
  const { kernel, stride, pad, dilation } = convolutionAxes(layer);
  return {
    rows: steps(y * stride[0] - pad[0], kernel[0], dilation[0], height),
    columns: steps(x * stride[1] - pad[1], kernel[1], dilation[1], width),
  };
}

/** start, start + step, … (`count` of them), without those outside [0, end). */
function steps(start: number, count: number, step: number, end: number): number[] {
  const positions: number[] = [];
  for (let at = 0; at < count; at++) {
    const position = start + at * step;
    if (position >= 0 && position < end) positions.push(position);
  }
  return positions;
}
