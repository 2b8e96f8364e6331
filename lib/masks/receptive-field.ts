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

/** All of a kernel along one axis. */
function allTaps(count: number): Taps {
  return { begin: 0, count, step: 1 };
}

/** The first values of a convolution's axes, one or two, as two: 1-D ones get a first axis with `one`. */
function planar<T>(values: readonly T[], axes: number, one: T): [T, T] {
  return axes === 2 ? [values[0], values[1]] : [one, values[0]];
}

/**
 * Kernel size, stride, padding and dilation of a convolution as two axes; 1-D ones get a first axis of size 1. A class: V8 forgets what it
 * compiled of closures when the last of them is gone, and compiled those that were here for every picture.
 */
export class ConvolutionAxes {
  readonly kernel: [number, number];
  readonly stride: [number, number];
  readonly pad: [number, number];
  readonly dilation: [number, number];
  readonly #whole: [Taps, Taps];
  readonly #branches: readonly { end: number; taps: [Taps, Taps] }[];

  constructor({ weights, strides, pads, dilations, branches }: Convolution) {
    const kernel = weights.shape.slice(2);
    const axes = kernel.length;
    this.kernel = planar(kernel, axes, 1);
    this.stride = planar(strides, axes, 1);
    this.pad = planar(pads, axes, 0);
    this.dilation = planar(dilations, axes, 1);
    this.#whole = [allTaps(this.kernel[0]), allTaps(this.kernel[1])];
    let end = 0;
    this.#branches = (branches ?? []).map(({ channels, taps }) => ({
      end: (end += channels),
      taps: planar(taps, axes, allTaps(1)),
    }));
  }

  /** What a channel has of the kernel. */
  tapsOf(channel: number): [Taps, Taps] {
    for (const { end, taps } of this.#branches) if (channel < end) return taps;
    return this.#whole;
  }
}

/** Whether every node reads one position of X, as those of an embedding do. */
export function seesOnePosition(layer: FirstLayer): boolean {
  return layer.kind === 'conv' && layer.weights.shape.slice(2).every((size) => size === 1);
}

/** The receptive field of every node of a layer, cut at X's borders; a dense node reads all of X. */
export class ReceptiveFields {
  readonly #layer: FirstLayer;
  readonly #height: number;
  readonly #width: number;
  readonly #axes: ConvolutionAxes | null;
  readonly #whole: ReceptiveField;

  constructor(layer: FirstLayer, { height, width }: InputGeometry) {
    this.#layer = layer;
    this.#height = height;
    this.#width = width;
    this.#axes = layer.kind === 'conv' ? new ConvolutionAxes(layer) : null;
    this.#whole = { rows: steps(0, height, 1, height), columns: steps(0, width, 1, width) };
  }

  of(node: number): ReceptiveField {
    if (this.#axes === null) return this.#whole;
    const { channel, y, x } = nodePosition(this.#layer as Convolution, node);
    const [down, across] = this.#axes.tapsOf(channel);
    return {
      rows: this.#positions(this.#axes, 0, down, y, this.#height),
      columns: this.#positions(this.#axes, 1, across, x, this.#width),
    };
  }

  #positions(
    { stride, pad, dilation }: ConvolutionAxes,
    axis: 0 | 1,
    { begin, count, step }: Taps,
    at: number,
    end: number,
  ): number[] {
    const first = at * stride[axis] - pad[axis] + begin * dilation[axis];
    return steps(first, count, step * dilation[axis], end);
  }
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
