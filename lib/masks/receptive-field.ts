import type { FirstLayer } from '../graph/split.js';
import type { InputGeometry } from './cells.js';

/** The part of X that a node sees, cut at X's borders: rows [top, bottom), columns [left, right). */
export interface ReceptiveField {
  top: number;
  bottom: number;
  left: number;
  right: number;
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

/** The bounding rectangle of the positions a node reads; a dense node reads all of X. */
export function receptiveField(layer: FirstLayer, geometry: InputGeometry, node: number): ReceptiveField {
  if (layer.kind === 'dense') return { top: 0, bottom: geometry.height, left: 0, right: geometry.width };
  const { y, x } = nodePosition(layer, node);
  const { kernel, stride, pad, dilation } = convolutionAxes(layer);
  const span = (start: number, size: number, side: number): [number, number] => {
    const from = Math.min(side, Math.max(0, start));
    return [from, Math.max(from, Math.min(side, start + size))];
  };
  const [top, bottom] = span(y * stride[0] - pad[0], (kernel[0] - 1) * dilation[0] + 1, geometry.height);
  const [left, right] = span(x * stride[1] - pad[1], (kernel[1] - 1) * dilation[1] + 1, geometry.width);
  return { top, bottom, left, right };
}
