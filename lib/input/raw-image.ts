import { SmugError } from '../errors.js';

/**
 * Decoded pixels, row-major, channels interleaved (`data[(y·width + x)·channels + c]`), red first.
 * Bytes are 0 … 255; a `Float32Array` holds the same scale with fractions (it is resized without rounding).
 */
export interface RawImage {
  width: number;
  height: number;
  /** 1: grey. 3: red, green, blue. 4: with an alpha channel, which is dropped. */
  channels: 1 | 3 | 4;
  data: Uint8Array | Uint8ClampedArray | Float32Array;
}

/** What the library works on after the door: never an alpha channel. */
export interface OpaqueImage {
  width: number;
  height: number;
  channels: 1 | 3;
  data: Uint8Array | Float32Array;
}

/** Sides beyond this are refused, whatever the other side is. */
export const MAX_SIDE = 1_000_000;

function bad(what: string): SmugError {
  return new SmugError(
    'BAD_IMAGE',
    `raw image: ${what}. Expected { width, height, channels: 1, 3 or 4, data } with width·height·channels values from 0 to 255 in a Uint8Array or Float32Array.`,
  );
}

/** True for the objects that `checkRawImage` is meant for (and not for buffers of encoded files). */
export function looksLikeRawImage(value: unknown): value is RawImage {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) && 'data' in value;
}

/**
 * Checks a caller's raw image and drops its alpha channel, as Pillow's `convert("RGB")` does.
 * @throws SmugError BAD_IMAGE for wrong sizes, lengths, NaN, infinite or out-of-range values.
 */
export function checkRawImage(image: RawImage): OpaqueImage {
  const { width, height, channels, data } = image;
  for (const [name, side] of Object.entries({ width, height })) {
    if (!Number.isInteger(side) || side < 1 || side > MAX_SIDE) {
      throw bad(`${name} is ${String(side)}, expected an integer from 1 to ${MAX_SIDE}`);
    }
  }
  if (channels !== 1 && channels !== 3 && channels !== 4) throw bad(`channels is ${String(channels)}`);
  const floats = data instanceof Float32Array;
  if (!floats && !(data instanceof Uint8Array) && !(data instanceof Uint8ClampedArray)) {
    throw bad('data is neither a Uint8Array nor a Float32Array');
  }
  if (data.length !== width * height * channels) {
    throw bad(
      `data has ${data.length} values where ${width}×${height}×${channels} = ${width * height * channels} are needed`,
    );
  }
  if (floats) {
    const wrong = data.findIndex((value) => !(value >= 0 && value <= 255));
    if (wrong >= 0) throw bad(`data[${wrong}] is ${data[wrong]}`);
  }
  const bytes =
    data instanceof Uint8ClampedArray ? new Uint8Array(data.buffer, data.byteOffset, data.length) : data;
  if (channels !== 4) return { width, height, channels, data: bytes };
  const opaque = floats ? new Float32Array(width * height * 3) : new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; from < bytes.length; from += 4, to += 3) {
    opaque[to] = bytes[from];
    opaque[to + 1] = bytes[from + 1];
    opaque[to + 2] = bytes[from + 2];
  }
  return { width, height, channels: 3, data: opaque };
}
