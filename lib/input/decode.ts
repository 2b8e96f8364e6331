import { readFile, stat } from 'node:fs/promises';
import { SmugError, wrongType } from '../errors.js';
import { framesOfPng } from './frames.js';
import { swapsSides, turnUpright, type Orientation } from './orientation.js';
import { checkRawImage, looksLikeRawImage, MAX_SIDE, type OpaqueImage, type RawImage } from './raw-image.js';
import { loadSharp } from './sharp.js';

export interface DecodeOptions {
  /** Images with more pixels than this are refused before any pixel is decoded. Default 500 million. */
  maxPixels?: number;
  /**
   * Images with more pixels than this are reduced while they are read, strip by strip, so that the full
   * picture never lies in memory. Default 16,777,216 (4096×4096: 48 MiB of pixels).
   */
  maxWorkingPixels?: number;
}

/** An image ready to work with: upright, sRGB or grey, 8 bits per channel (floats only if the caller gave floats). */
export interface DecodedImage extends OpaqueImage {
  /** Sides of the whole upright picture; larger than `width`×`height` only where it was reduced on reading. */
  original: { width: number; height: number };
  /** Of an animation, of which the first is read; else 1. */
  frames: number;
  /** For messages: the path, or what kind of buffer it was. */
  name: string;
}

const MAX_PIXELS = 500_000_000;
const MAX_WORKING_PIXELS = 2 ** 24;
/** A side is never reduced below this, so that a very long, narrow picture keeps its detail. */
const LEAST_REDUCED_SIDE = 2048;
/** Node cannot hold a longer file in one buffer on every version it supports; no image within the limits needs it. */
const MAX_FILE_BYTES = 2 ** 31 - 1;

const ACCEPTED = 'Accepted are PNG, JPEG and WebP files.';

/**
 * Reads one picture the way models' own preprocessing does (Pillow: open, `exif_transpose`,
 * `convert("RGB")`): turned upright by its EXIF tag, alpha channel dropped (colours under transparent pixels
 * come out as stored), palette expanded, colour profiles ignored, 16 bits cut to the upper 8. Grey files stay
 * one channel. CMYK goes through the standard press profile of libvips, where Pillow has a cruder formula.
 * Only the first frame of an animation is read.
 *
 * @param source path, the bytes of a file, or pixels (`RawImage`)
 * @throws SmugError FILE_NOT_FOUND, FILE_UNREADABLE or BAD_IMAGE, naming the file, the cause and what is accepted;
 *   MISSING_PART where nothing can decode
 */
export async function decodeImage(
  source: string | Uint8Array | RawImage,
  options: DecodeOptions = {},
): Promise<DecodedImage> {
  if (looksLikeRawImage(source)) {
    const image = checkRawImage(source);
    const original = { width: image.width, height: image.height };
    return { ...image, original, frames: 1, name: 'raw image' };
  }
  if (typeof source !== 'string' && !(source instanceof Uint8Array)) {
    throw wrongType('image', source, 'a path, a Buffer or a RawImage');
  }
  const name = typeof source === 'string' ? source : 'image in memory';
  const bytes = typeof source === 'string' ? await readImageFile(source) : source;
  checkSignature(bytes, name);
  return decodeBytes(bytes, name, options);
}

async function readImageFile(path: string): Promise<Buffer> {
  try {
    const facts = await stat(path);
    if (facts.isDirectory())
      throw new SmugError('BAD_IMAGE', `${path} is a folder without images right inside it. ${ACCEPTED}`);
    if (!facts.isFile()) throw new SmugError('BAD_IMAGE', `${path} is not a regular file. ${ACCEPTED}`);
    if (facts.size > MAX_FILE_BYTES) {
      throw new SmugError(
        'BAD_IMAGE',
        `${path} is ${facts.size} bytes long; images are read up to ${MAX_FILE_BYTES}.`,
      );
    }
    return await readFile(path);
  } catch (error) {
    if (error instanceof SmugError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new SmugError('FILE_NOT_FOUND', `${path}: there is no such image file.`, { cause: error });
    }
    throw new SmugError('FILE_UNREADABLE', `${path} cannot be read: ${message}.`, { cause: error });
  }
}

/** Looks at the first bytes, so that no other decoder of libvips (SVG, PDF, …) ever sees foreign data. */
function checkSignature(bytes: Uint8Array, name: string): void {
  if (bytes.length === 0) throw new SmugError('BAD_IMAGE', `${name} is empty. ${ACCEPTED}`);
  const ascii = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(16, bytes.length)).toString('latin1');
  const known =
    ascii.startsWith('\x89PNG\r\n\x1a\n') ||
    ascii.startsWith('\xff\xd8\xff') ||
    (ascii.startsWith('RIFF') && ascii.slice(8, 12) === 'WEBP');
  if (!known) throw new SmugError('BAD_IMAGE', `${name} is not an image of a known format. ${ACCEPTED}`);
}

async function decodeBytes(bytes: Uint8Array, name: string, options: DecodeOptions): Promise<DecodedImage> {
  const maxPixels = options.maxPixels ?? MAX_PIXELS;
  const sharp = loadSharp();
  try {
    // `truncated` accepts what Pillow accepts (stray bytes between JPEG segments) and refuses missing pixels.
    const input = sharp(bytes, {
      failOn: 'truncated',
      limitInputPixels: false,
      ignoreIcc: true,
      sequentialRead: true,
    });
    const header = await input.metadata();
    const { width, height } = header;
    if (width * height > maxPixels || width > MAX_SIDE || height > MAX_SIDE) {
      throw new SmugError(
        'BAD_IMAGE',
        `${name} is ${width}×${height} pixels, more than the limit of ${maxPixels} pixels (sides up to ${MAX_SIDE}). Scale it down first.`,
      );
    }
    const orientation = (header.orientation ?? 1) as Orientation;
    const working = workingSize(width, height, options.maxWorkingPixels ?? MAX_WORKING_PIXELS);
    const grey = header.space === 'b-w' || header.space === 'grey16';

    let pipeline = input.removeAlpha();
    if (working.width !== width || working.height !== height) {
      pipeline = pipeline.resize({ ...working, fit: 'fill', kernel: 'linear' });
    }
    const { data, info } = await pipeline
      .toColourspace(grey ? 'b-w' : 'srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const channels = info.channels as number;
    if (channels !== 1 && channels !== 3) throw new Error(`it has ${channels} channels`);

    const upright = turnUpright(data, info.width, info.height, channels, orientation);
    const swapped = swapsSides(orientation);
    return {
      width: swapped ? info.height : info.width,
      height: swapped ? info.width : info.height,
      channels,
      data: upright,
      original: swapped ? { width: height, height: width } : { width, height },
      frames: header.pages ?? framesOfPng(bytes),
      name,
    };
  } catch (error) {
    if (error instanceof SmugError) throw error;
    const reason = (error as Error).message.trim().replace(/\s*\n\s*/g, '; ');
    throw new SmugError('BAD_IMAGE', `${name} cannot be decoded: ${reason}. ${ACCEPTED}`, { cause: error });
  }
}

/** The size an image is read at: its own, or reduced on both sides alike as far as the narrower one allows. */
function workingSize(width: number, height: number, maxPixels: number): { width: number; height: number } {
  if (width * height <= maxPixels) return { width, height };
  const factor = Math.sqrt(maxPixels / (width * height));
  const reduce = (side: number, by: number) =>
    Math.max(Math.min(side, LEAST_REDUCED_SIDE), Math.floor(side * by));
  const narrow = reduce(Math.min(width, height), factor);
  const long = Math.min(
    Math.max(width, height),
    Math.max(LEAST_REDUCED_SIDE, Math.floor(maxPixels / narrow)),
  );
  return width <= height ? { width: narrow, height: long } : { width: long, height: narrow };
}
