import { SmugError } from '../errors.js';
import type { Tensor } from '../tensor.js';
import { givingWay } from '../threads/in-pieces.js';
import type { OpaqueImage } from './raw-image.js';
import { MAX_INPUT_SIDE, type Preprocessor, type ResizeRule } from './preprocessor.js';
import { resampleInPieces, type Span } from './resample.js';
import type { Viewport } from '../api/picture.js';

const MAX_INPUT_PIXELS = 2 ** 26;

/** What the model's file says of its image input. */
export interface InputForm {
  /** As in the file, batch first; −1 where unknown: [N, C, H, W], [N, H, W, C], [N, H, W] or [N, values]. */
  shape: readonly number[];
  layout: 'channels-first' | 'channels-last';
}

export interface PreparedImage {
  /** The model file's own layout, batch 1. */
  tensor: Tensor;
  viewport: Viewport;
  /** What a black and a white pixel become, one value per channel in the network's order. */
  black: number[];
  white: number[];
}

/** An image whose whole picture may have been larger than the pixels at hand, as `decodeImage` gives it. */
type Picture = OpaqueImage & { original?: { width: number; height: number }; name?: string };

/**
 * Turns a picture into a network's input: resize, centre crop (padded with black where the picture is
 * smaller), rescale, flip channel order, normalise. Grey networks get luma (ITU-R 601, as Pillow's
 * `convert("L")`), colour networks get grey pictures on all three channels.
 *
 * It gives way to others while it resizes.
 *
 * @throws SmugError BAD_INPUT when the result does not fit the model's input
 */
export async function preprocessImage(
  picture: Picture,
  preprocessor: Preprocessor,
  form: InputForm,
): Promise<PreparedImage> {
  const expected = expectation(form);
  const name = picture.name ?? 'image';
  const original = picture.original ?? { width: picture.width, height: picture.height };

  const full = preprocessor.resize ? resizedSides(preprocessor.resize, original, name) : original;
  const crop = preprocessor.crop ?? full;
  checkSides(crop, expected, name);
  const across = cropSpan(full.width, crop.width);
  const down = cropSpan(full.height, crop.height);

  const coloured = withChannels(picture, expected.channels);
  const window = await givingWay(
    resampleInPieces(coloured, preprocessor.resample, full.width, full.height, across.kept, down.kept),
  );

  const curves = channelCurves(preprocessor, expected.channels);
  const { height, width } = crop;
  const channels = expected.channels;
  const data = new Float32Array(channels * height * width);
  const first = form.layout === 'channels-first';
  const tables = curves.map(tableOf);
  const bytes = window.data instanceof Uint8Array;
  for (let c = 0; c < channels; c++) {
    const from = preprocessor.flipChannels ? channels - 1 - c : c;
    const [step, start] = first ? [1, c * height * width] : [channels, c];
    if (window.data.length !== data.length) fill(data, start, step, height * width, tables[c][0]);
    for (let y = 0; y < window.height; y++) {
      let to = start + ((y + down.margin) * width + across.margin) * step;
      let at = y * window.width * channels + from;
      for (let x = 0; x < window.width; x++, to += step, at += channels) {
        data[to] = bytes ? tables[c][window.data[at]] : valueOn(curves[c], window.data[at]);
      }
    }
  }
  const xScale = original.width / full.width;
  const yScale = original.height / full.height;
  return {
    tensor: { data, shape: expected.shapeFor(height, width) },
    viewport: {
      x: (across.kept.first - across.margin) * xScale,
      y: (down.kept.first - down.margin) * yScale,
      width: width * xScale,
      height: height * yScale,
      inputWidth: width,
      inputHeight: height,
      originalWidth: original.width,
      originalHeight: original.height,
    },
    black: curves.map((curve) => Math.fround(valueOn(curve, 0))),
    white: curves.map((curve) => Math.fround(valueOn(curve, 255))),
  };
}

function fill(data: Float32Array, start: number, step: number, count: number, value: number): void {
  for (let i = 0, to = start; i < count; i++, to += step) data[to] = value;
}

interface Expectation {
  channels: 1 | 3;
  height: number | null;
  width: number | null;
  /** Length of a flat input. */
  values: number | null;
  shapeFor(height: number, width: number): number[];
}

function expectation({ shape, layout }: InputForm): Expectation {
  const known = (side: number) => (side > 0 ? side : null);
  if (shape.length === 2) {
    // A flat input: grey unless its length says otherwise is for the preprocessor's size to show.
    const values = known(shape[1]);
    return { channels: 1, height: null, width: null, values, shapeFor: (h, w) => [1, h * w] };
  }
  if (shape.length === 3) {
    return {
      channels: 1,
      height: known(shape[1]),
      width: known(shape[2]),
      values: null,
      shapeFor: (h, w) => [1, h, w],
    };
  }
  if (shape.length !== 4) {
    throw new SmugError(
      'BAD_INPUT',
      `The model's input has shape [${shape.join(', ')}]; images need [N, C, H, W], [N, H, W, C], [N, H, W] or [N, values].`,
    );
  }
  const first = layout === 'channels-first';
  const [channels, height, width] = first ? shape.slice(1) : [shape[3], shape[1], shape[2]];
  if (channels > 0 && channels !== 1 && channels !== 3) {
    throw new SmugError(
      'BAD_INPUT',
      `The model's input [${shape.join(', ')}] has ${channels} channels (${layout}); images have 1 or 3. Pass prepared tensors to model.predict or attribute instead.`,
    );
  }
  const count = channels === 1 ? 1 : 3;
  return {
    channels: count,
    height: known(height),
    width: known(width),
    values: null,
    shapeFor: (h, w) => (first ? [1, count, h, w] : [1, h, w, count]),
  };
}

function checkSides(crop: { height: number; width: number }, expected: Expectation, name: string): void {
  if (Math.max(crop.width, crop.height) > MAX_INPUT_SIDE || crop.width * crop.height > MAX_INPUT_PIXELS) {
    throw new SmugError(
      'BAD_INPUT',
      `${name} is ${crop.width}×${crop.height} after preprocessing; network inputs go up to ${MAX_INPUT_SIDE} a side and ${MAX_INPUT_PIXELS} pixels. Declare a centre crop or a fixed size.`,
    );
  }
  const wrongLength = expected.values !== null && expected.values !== crop.height * crop.width;
  const wrongSides =
    (expected.height !== null && expected.height !== crop.height) ||
    (expected.width !== null && expected.width !== crop.width);
  if (!wrongLength && !wrongSides) return;
  const wanted = wrongLength
    ? `${expected.values} values`
    : `${expected.width ?? 'any'}×${expected.height ?? 'any'}`;
  throw new SmugError(
    'BAD_INPUT',
    `${name} is ${crop.width}×${crop.height} (width×height) after preprocessing, but the model takes ${wanted}. Correct size or crop_size in the preprocessing declaration.`,
  );
}

/** Sides after the resize step; Hugging Face cuts the longer side to an integer. */
function resizedSides(rule: ResizeRule, from: { width: number; height: number }, name: string) {
  if (rule.to === 'sides') return { width: rule.width, height: rule.height };
  const short = Math.min(from.width, from.height);
  const long = Math.max(from.width, from.height);
  let newShort = rule.length;
  let newLong = Math.trunc((rule.length * long) / short);
  if (rule.longestAtMost !== undefined && newLong > rule.longestAtMost) {
    newShort = Math.trunc((rule.longestAtMost * newShort) / newLong);
    newLong = rule.longestAtMost;
  }
  if (newShort < 1 || newLong > 2 ** 24) {
    throw new SmugError(
      'BAD_IMAGE',
      `${name} is ${from.width}×${from.height}: too narrow to be resized to ${newLong}×${newShort}.`,
    );
  }
  return from.width <= from.height
    ? { width: newShort, height: newLong }
    : { width: newLong, height: newShort };
}

/** Which samples of an axis a centre crop keeps, and how much black stands before them. */
function cropSpan(length: number, crop: number): { kept: Span; margin: number } {
  if (crop <= length) return { kept: { first: Math.floor((length - crop) / 2), count: crop }, margin: 0 };
  return { kept: { first: 0, count: length }, margin: Math.ceil((crop - length) / 2) };
}

function withChannels(image: OpaqueImage, channels: 1 | 3): OpaqueImage {
  if (image.channels === channels) return image;
  const { data, width, height } = image;
  const bytes = data instanceof Uint8Array;
  const count = width * height;
  const result = bytes ? new Uint8Array(count * channels) : new Float32Array(count * channels);
  for (let i = 0; i < count; i++) {
    if (channels === 3) {
      result[3 * i] = result[3 * i + 1] = result[3 * i + 2] = data[i];
    } else {
      const [r, g, b] = [data[3 * i], data[3 * i + 1], data[3 * i + 2]];
      // 0.299, 0.587, 0.114 in 16 bits, as Pillow rounds them
      result[i] = bytes
        ? (19595 * r + 38470 * g + 7471 * b + 0x8000) >> 16
        : 0.299 * r + 0.587 * g + 0.114 * b;
    }
  }
  return { width, height, channels, data: result };
}

/** What a channel's bytes become: (byte · scale + shift − mean) / std. */
interface ChannelCurve {
  scale: number;
  shift: number;
  mean: number;
  std: number;
}

function valueOn({ scale, shift, mean, std }: ChannelCurve, value: number): number {
  return (value * scale + shift - mean) / std;
}

function tableOf(curve: ChannelCurve): Float32Array {
  const table = new Float32Array(256);
  for (let byte = 0; byte < table.length; byte++) table[byte] = valueOn(curve, byte);
  return table;
}

/** One curve a channel, in the network's order. */
function channelCurves(preprocessor: Preprocessor, channels: number): ChannelCurve[] {
  const { scale, shift, normalize } = preprocessor;
  const entry = (list: number[], field: string, c: number): number => {
    if (list.length === 1) return list[0];
    if (list.length === channels) return list[c];
    throw new SmugError(
      'BAD_INPUT',
      `${field} has ${list.length} entries, but the model's input has ${channels} channels.`,
    );
  };
  return Array.from({ length: channels }, (_, c) => {
    const mean = normalize ? entry(normalize.mean, 'image_mean', c) : 0;
    const std = normalize ? entry(normalize.std, 'image_std', c) : 1;
    return { scale, shift, mean, std };
  });
}
