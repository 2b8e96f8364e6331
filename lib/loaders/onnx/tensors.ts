import { SmugError } from '../../errors.js';
import { sizeOf } from '../../tensor.js';
import { fromBfloat16, fromFloat16 } from '../half-float.js';
import type { HostTensor } from '../host-tensor.js';
import type { OnnxTensor } from './schema.js';

/** Reads `length` bytes (all that follow when undefined) at `offset` of a file beside the model. */
export type ExternalReader = (location: string, offset: number, length: number | undefined) => Uint8Array;

interface DataType {
  name: string;
  bytes: number;
  integer: boolean;
  read(view: DataView, offset: number): number;
  /** Which of the tensor's lists holds the values when there are no raw bytes. */
  list: 'floats' | 'doubles' | 'int32s' | 'int64s' | 'uint64s';
  /** How a list entry becomes a value (half floats are stored as their bits). */
  decode?: (entry: number) => number;
}

const dataTypes: Record<number, DataType> = {
  1: { name: 'float', bytes: 4, integer: false, read: (v, o) => v.getFloat32(o, true), list: 'floats' },
  2: { name: 'uint8', bytes: 1, integer: true, read: (v, o) => v.getUint8(o), list: 'int32s' },
  3: { name: 'int8', bytes: 1, integer: true, read: (v, o) => v.getInt8(o), list: 'int32s' },
  4: { name: 'uint16', bytes: 2, integer: true, read: (v, o) => v.getUint16(o, true), list: 'int32s' },
  5: { name: 'int16', bytes: 2, integer: true, read: (v, o) => v.getInt16(o, true), list: 'int32s' },
  6: { name: 'int32', bytes: 4, integer: true, read: (v, o) => v.getInt32(o, true), list: 'int32s' },
  7: {
    name: 'int64',
    bytes: 8,
    integer: true,
    read: (v, o) => Number(v.getBigInt64(o, true)),
    list: 'int64s',
  },
  9: { name: 'bool', bytes: 1, integer: true, read: (v, o) => v.getUint8(o), list: 'int32s' },
  10: {
    name: 'float16',
    bytes: 2,
    integer: false,
    read: (v, o) => fromFloat16(v.getUint16(o, true)),
    list: 'int32s',
    decode: fromFloat16,
  },
  11: { name: 'double', bytes: 8, integer: false, read: (v, o) => v.getFloat64(o, true), list: 'doubles' },
  12: { name: 'uint32', bytes: 4, integer: true, read: (v, o) => v.getUint32(o, true), list: 'uint64s' },
  13: {
    name: 'uint64',
    bytes: 8,
    integer: true,
    read: (v, o) => Number(v.getBigUint64(o, true)),
    list: 'uint64s',
  },
  16: {
    name: 'bfloat16',
    bytes: 2,
    integer: false,
    read: (v, o) => fromBfloat16(v.getUint16(o, true)),
    list: 'int32s',
    decode: fromBfloat16,
  },
};

/** What a data type number means; undefined for types no network of ours can hold (strings, complex, …). */
export function dataTypeOf(code: number | undefined): { name: string; integer: boolean } | undefined {
  return code === undefined ? undefined : dataTypes[code];
}

/**
 * The values of a tensor, floats as float32 and whole numbers as float64.
 * @throws SmugError BAD_WEIGHTS when the bytes do not match the shape, the type is not a number, or a weight
 *   is NaN or infinite.
 */
export function readTensor(tensor: OnnxTensor, label: string, external: ExternalReader): HostTensor {
  const bad = (why: string): never => {
    throw new SmugError('BAD_WEIGHTS', `Tensor '${label}': ${why}.`);
  };
  const type = dataTypes[tensor.dataType ?? 0];
  if (type === undefined)
    return bad(`data type ${tensor.dataType} is not supported; expected a float, integer or boolean type`);
  const shape = tensor.dims;
  if (!shape.every((dimension) => Number.isSafeInteger(dimension) && dimension >= 0))
    bad(`shape [${shape.join(', ')}] is impossible`);
  const size = sizeOf(shape);
  const list = tensor[type.list];
  const source =
    tensor.dataLocation === 1 ? readExternal(tensor, label, size * type.bytes, external) : tensor.raw;
  const stored = source !== undefined ? source.byteLength / type.bytes : list.length;
  if (stored !== size)
    bad(`shape [${shape.join(', ')}] needs ${size} ${type.name} values, the file has ${stored}`);

  const data = type.integer ? new Float64Array(size) : new Float32Array(size);
  if (source !== undefined) fill(data, source, type);
  else for (let i = 0; i < size; i++) data[i] = type.decode ? type.decode(list[i]) : list[i];
  return { data, shape: [...shape], integer: type.integer };
}

/** @throws SmugError BAD_WEIGHTS when a value is NaN or infinite. */
export function checkFinite(tensor: HostTensor, label: string): HostTensor {
  const { data } = tensor;
  for (let i = 0; i < data.length; i++)
    if (!Number.isFinite(data[i]))
      throw new SmugError(
        'BAD_WEIGHTS',
        `Tensor '${label}' holds ${data[i]} at position ${i}; weights must be finite numbers.`,
      );
  return tensor;
}

function fill(data: Float32Array | Float64Array, source: Uint8Array, type: DataType): void {
  if (type.name === 'float') {
    // The host is little-endian wherever Node runs; the copy also mends alignment.
    new Uint8Array(data.buffer).set(source);
    return;
  }
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  for (let i = 0; i < data.length; i++) data[i] = type.read(view, i * type.bytes);
}

function readExternal(
  tensor: OnnxTensor,
  label: string,
  expected: number,
  external: ExternalReader,
): Uint8Array {
  const entries = new Map(tensor.external.map(({ key, value }) => [key, value]));
  const location = entries.get('location');
  const number = (key: string, otherwise: number): number => {
    const text = entries.get(key);
    const value = text === undefined ? otherwise : Number(text);
    if (!Number.isSafeInteger(value) || value < 0)
      throw new SmugError('BAD_WEIGHTS', `Tensor '${label}': '${text}' is no ${key} of external data.`);
    return value;
  };
  if (!location)
    throw new SmugError(
      'BAD_WEIGHTS',
      `Tensor '${label}' is stored outside the model, but no file is named.`,
    );
  return external(location, number('offset', 0), number('length', expected));
}
