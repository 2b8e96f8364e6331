import type { Branch, FirstLayer } from '../graph/split.js';
import type { InputGeometry } from './cells.js';

type Convolution = Extract<FirstLayer, { kind: 'conv' }>;

/** The positions of X that a node reads: every row with every column; a dilated kernel leaves gaps. */
export interface ReceptiveField {
  rows: number[];
  columns: number[];
}

/** Output channel, row and column of a convolution's node; a 1-D convolution has one row. */
export function nodePosition(layer: Convolution, node: number): { channel: number; y: number; x: number } {
  const shape = layer.outputShape;
  const width = shape[shape.length - 1];
  const height = shape.length === 3 ? shape[1] : 1;
  return {
    channel: Math.floor(node / (height * width)),
    y: Math.floor(node / width) % height,
    x: node % width,
  };
}

/** The taps of a kernel along one axis that a channel has: the first, how many, and from one to the next. */
type Taps = Branch['taps'][number];

/** Kernel size, stride, padding and dilation of a convolution as two axes; 1-D ones get a first axis of size 1. */
export function convolutionAxes(layer: Convolution): {
  kernel: [number, number];
  stride: [number, number];
  pad: [number, number];
  dilation: [number, number];
  /** What a channel has of the kernel. */
  tapsOf: (channel: number) => [Taps, Taps];
} {
  const kernel = layer.weights.shape.slice(2);
  const planar = <T>(values: readonly T[], one: T): [T, T] =>
    kernel.length === 2 ? [values[0], values[1]] : [one, values[0]];
  const all = (count: number): Taps => ({ begin: 0, count, step: 1 });
  const whole = planar(kernel.map(all), all(1));
  return {
    kernel: planar(kernel, 1),
    stride: planar(layer.strides, 1),
    pad: planar(layer.pads, 0),
    dilation: planar(layer.dilations, 1),
    tapsOf: (channel) => {
      let end = 0;
      const own = layer.branches?.find(({ channels }) => channel < (end += channels));
      return own ? planar(own.taps, all(1)) : whole;
    },
  };
}

/** Whether every node reads one position of X, as those of an embedding do. */
export function seesOnePosition(layer: FirstLayer): boolean {
  return layer.kind === 'conv' && layer.weights.shape.slice(2).every((size) => size === 1);
}

/** The receptive field of every node of a layer, cut at X's borders; a dense node reads all of X. */
export function receptiveFields(
  layer: FirstLayer,
  { height, width }: InputGeometry,
): (node: number) => ReceptiveField {
  if (layer.kind === 'dense') {
    const whole = { rows: steps(0, height, 1, height), columns: steps(0, width, 1, width) };
    return () => whole;
  }
  const { stride, pad, dilation, tapsOf } = convolutionAxes(layer);
  const positions = (axis: 0 | 1, { begin, count, step }: Taps, at: number, end: number) =>
    steps(at * stride[axis] - pad[axis] + begin * dilation[axis], count, step * dilation[axis], end);
  return (node) => {
    const { channel, y, x } = nodePosition(layer, node);
    const [down, across] = tapsOf(channel);
    return { rows: positions(0, down, y, height), columns: positions(1, across, x, width) };
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
