import type { FirstLayer } from '../graph/split.js';

/**
 * The grid of mask variables over the first layer's input X: one variable per window of `window`×`window`
 * positions (words: a strip of height 1), row-major, shared by the channels.
 */
export interface CellGrid {
  /** Positions of X: pixels, or 1 × words. */
  height: number;
  width: number;
  window: number;
  rows: number;
  columns: number;
}

/** How X, without its batch axis, is laid out in memory. */
export interface InputGeometry {
  channels: number;
  height: number;
  width: number;
  /** Elements from one channel, row and column to the next. */
  channelStride: number;
  rowStride: number;
  columnStride: number;
}

/**
 * Reads channels, height and width off a layer's input shape: [C, H, W], [C, L], [H, W] (dense) or [K]. A dense
 * layer's 3-D input is [H, W, C] where the model file keeps channels last.
 */
export function inputGeometry(layer: FirstLayer, channelsLast = false): InputGeometry {
  const shape = layer.inputShape;
  const planar = (channels: number, height: number, width: number): InputGeometry => ({
    channels,
    height,
    width,
    channelStride: height * width,
    rowStride: width,
    columnStride: 1,
  });
  if (layer.kind === 'conv')
    return shape.length === 3 ? planar(shape[0], shape[1], shape[2]) : planar(shape[0], 1, shape[1]);
  if (shape.length === 3 && channelsLast) {
    const [height, width, channels] = shape;
    return { channels, height, width, channelStride: 1, rowStride: width * channels, columnStride: channels };
  }
  if (shape.length === 3) return planar(shape[0], shape[1], shape[2]);
  if (shape.length === 2) return planar(1, shape[0], shape[1]);
  return planar(
    1,
    1,
    shape.reduce((size, side) => size * side, 1),
  );
}

/** @throws RangeError when the window is not a whole number from 1 to the larger side */
export function cellGrid({ height, width }: InputGeometry, window: number): CellGrid {
  const largest = Math.max(height, width);
  if (!Number.isInteger(window) || window < 1 || window > largest) {
    throw new RangeError(
      `window must be a whole number from 1 to ${largest}, the larger side of the model's ${height}×${width} input; got ${window}`,
    );
  }
  return { height, width, window, rows: Math.ceil(height / window), columns: Math.ceil(width / window) };
}

export function cellAt({ window, columns }: CellGrid, y: number, x: number): number {
  return Math.floor(y / window) * columns + Math.floor(x / window);
}
