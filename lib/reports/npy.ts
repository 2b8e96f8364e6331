import { sizeOf } from '../tensor.js';
import { writeWholeFile } from './write-file.js';

export type NpyArray = Float32Array | Float64Array | Uint8Array | Int32Array;

function typeOf(data: NpyArray): string {
  if (data instanceof Float32Array) return '<f4';
  if (data instanceof Float64Array) return '<f8';
  if (data instanceof Int32Array) return '<i4';
  return '|u1';
}

/**
 * The bytes of a NumPy `.npy` file, format version 1.0 (numpy.lib.format): row-major, little-endian.
 * @throws RangeError when the data does not fill the shape
 */
export function encodeNpy(data: NpyArray, shape: readonly number[]): Buffer {
  if (data.length !== sizeOf(shape)) {
    throw new RangeError(
      `shape [${shape.join(', ')}] holds ${sizeOf(shape)} values, but data has ${data.length}`,
    );
  }
  // A tuple of one needs its comma.
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${typeOf(data)}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const preamble = 10;
  // The header ends in a newline at a multiple of 64 bytes, so that the array can be memory-mapped.
  const length = Math.ceil((preamble + text.length + 1) / 64) * 64 - preamble;
  const header = Buffer.alloc(preamble + length, ' ');
  header.write('\x93NUMPY\x01\x00', 'latin1');
  header.writeUInt16LE(length, 8);
  header.write(text, preamble, 'latin1');
  header[header.length - 1] = 0x0a;
  return Buffer.concat([header, Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
}

/** Writes an array for NumPy. @throws SmugError FILE_UNWRITABLE */
export async function writeNpy(path: string, data: NpyArray, shape: readonly number[]): Promise<void> {
  await writeWholeFile(path, encodeNpy(data, shape));
}
