import { badOption, SmugError } from '../errors.js';
import { WITHOUT_FIRST_LAYER } from '../graph/first-layer.js';
import type { FirstLayer } from '../graph/split.js';
import { sizeOf } from '../tensor.js';

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
  if (layer.kind === 'conv')
    return shape.length === 3 ? planar(shape[0], shape[1], shape[2]) : planar(shape[0], 1, shape[1]);
  if (shape.length === 3) {
    return channelsLast ? interleaved(shape[0], shape[1], shape[2]) : planar(shape[0], shape[1], shape[2]);
  }
  return shape.length === 2 ? planar(1, shape[0], shape[1]) : planar(1, 1, sizeOf(shape));
}

/**
 * The geometry of a first layer that sees an image of `height`×`width` pixels. A dense layer may see the image as
 * one row of values; its pixels then lie as `channelsLast` says.
 * @throws SmugError UNSUPPORTED_MODEL when the layer's positions are not the image's pixels
 */
export function imageGeometry(
  layer: FirstLayer,
  { height, width }: { height: number; width: number },
  channelsLast = false,
): InputGeometry {
  const geometry = inputGeometry(layer, channelsLast);
  if (geometry.height === height && geometry.width === width) return geometry;
  const channels = sizeOf(layer.inputShape) / (height * width);
  if (layer.kind === 'dense' && layer.inputShape.length === 1 && Number.isInteger(channels))
    return channelsLast ? interleaved(height, width, channels) : planar(channels, height, width);
  throw new SmugError(
    'UNSUPPORTED_MODEL',
    `The model's first linear layer sees ${geometry.height}×${geometry.width} positions, its input has ` +
      `${height}×${width} pixels; a mask over the layer's input would not be one over the image. ${WITHOUT_FIRST_LAYER}`,
  );
}

/**
 * The geometry of a first layer that sees `words` embedded words: one position a word, the embedding's dimensions
 * its channels. A convolution has them as [E, words], a dense layer as [words, E] or one row of both.
 * @throws SmugError UNSUPPORTED_MODEL when the layer sees something other than embedded words
 */
export function textGeometry(layer: FirstLayer, words: number): InputGeometry {
  const shape = layer.inputShape;
  if (layer.kind === 'conv' && shape.length === 2 && shape[1] === words) return planar(shape[0], 1, words);
  if (layer.kind === 'dense' && (shape.length === 1 || (shape.length === 2 && shape[0] === words))) {
    const dimensions = sizeOf(shape) / words;
    if (Number.isInteger(dimensions) && (shape.length === 2 || dimensions > 1))
      return interleaved(1, words, dimensions);
  }
  throw new SmugError(
    'UNSUPPORTED_MODEL',
    `explainText needs a first linear layer that sees one embedding a word; this ${layer.kind} layer sees ` +
      `[${shape.join(', ')}] for ${words} words.`,
  );
}

function planar(channels: number, height: number, width: number): InputGeometry {
  const channelStride = height * width;
  return { channels, height, width, channelStride, rowStride: width, columnStride: 1 };
}

function interleaved(height: number, width: number, channels: number): InputGeometry {
  return { channels, height, width, channelStride: 1, rowStride: width * channels, columnStride: channels };
}

/** @throws RangeError when the window is not a whole number from 1 to the larger side */
export function cellGrid({ height, width }: InputGeometry, window: number): CellGrid {
  const largest = Math.max(height, width);
  if (!Number.isInteger(window) || window < 1 || window > largest) {
    const side = `the larger side of the model's ${height}×${width} input`;
    throw badOption('window', window, `a whole number from 1 to ${largest}, ${side}`);
  }
  return { height, width, window, rows: Math.ceil(height / window), columns: Math.ceil(width / window) };
}

export function cellAt(
  { window, columns }: Pick<CellGrid, 'window' | 'columns'>,
  y: number,
  x: number,
): number {
  return Math.floor(y / window) * columns + Math.floor(x / window);
}
