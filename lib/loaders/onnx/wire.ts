import protobuf from 'protobufjs/minimal.js';
import { SmugError } from '../../errors.js';
import { foreignFormat } from '../foreign-format.js';

/**
 * A reader for protobuf messages, driven by small tables instead of generated code: only the fields named
 * in a table are decoded, everything else is skipped, and no field is copied (bytes are views of the file).
 *
 * Safe on hostile files: nesting is bounded by the tables (no table contains itself), groups are refused,
 * every length is checked against the buffer before it is used.
 */
export type FieldKind = 'string' | 'bytes' | 'int' | 'float' | 'double' | MessageTable;

export interface Field {
  name: string;
  kind: FieldKind;
  /** Repeated fields are always arrays, never undefined. */
  repeated?: boolean;
}

/** Field number → field. */
export interface MessageTable {
  fields: Record<number, Field>;
}

type Decoded = Record<string, unknown>;

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;

/** Decodes one message. @throws SmugError BAD_MODEL when the bytes are not such a message. */
export function decodeMessage<Message>(bytes: Uint8Array, table: MessageTable, what: string): Message {
  try {
    return decode(protobuf.Reader.create(bytes), bytes.length, table) as Message;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const foreign = foreignFormat(bytes);
    throw new SmugError(
      'BAD_MODEL',
      foreign
        ? `${what} is ${foreign.is}, not an ONNX model: it does not decode as protobuf. ${foreign.advice}`
        : isText(bytes)
          ? `${what} is a text file (it begins with ${JSON.stringify(beginning(bytes))}), not an ONNX model. Expected ` +
            'are an .onnx file or a TensorFlow.js model.json.'
          : `${what} is truncated or corrupt: it does not decode as protobuf (${reason}).`,
      {
        cause: error,
      },
    );
  }
}

/** Bytes of a file that are looked at to tell text from anything else. */
const TEXT_SAMPLE = 512;

/** Nothing but letters, signs and white space; an ONNX file begins with field tags below 32. */
function isText(bytes: Uint8Array): boolean {
  const isSign = (byte: number) => byte >= 32 && byte !== 127;
  return bytes
    .subarray(0, TEXT_SAMPLE)
    .every((byte) => isSign(byte) || byte === 9 || byte === 10 || byte === 13);
}

function beginning(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, 30))
    .toString('latin1')
    .split(/[\r\n]/)[0];
}

function decode(reader: protobuf.Reader, end: number, table: MessageTable): Decoded {
  const message: Decoded = {};
  for (const field of Object.values(table.fields)) if (field.repeated) message[field.name] = [];
  while (reader.pos < end) {
    const tag = reader.uint32();
    const wire = tag & 7;
    if (wire !== VARINT && wire !== FIXED64 && wire !== LENGTH && wire !== FIXED32)
      throw new RangeError(`invalid wire type ${wire}`);
    const field = table.fields[tag >>> 3];
    if (field === undefined || !fits(field, wire)) reader.skipType(wire);
    else readField(reader, field, wire, message);
  }
  if (reader.pos !== end) throw new RangeError('a field reaches over the end of its message');
  return message;
}

function fits(field: Field, wire: number): boolean {
  const own =
    field.kind === 'int'
      ? VARINT
      : field.kind === 'float'
        ? FIXED32
        : field.kind === 'double'
          ? FIXED64
          : LENGTH;
  return wire === own || (wire === LENGTH && field.repeated === true);
}

function readField(reader: protobuf.Reader, field: Field, wire: number, message: Decoded): void {
  const { name, kind, repeated } = field;
  if (wire === LENGTH && (kind === 'int' || kind === 'float' || kind === 'double')) {
    const end = endOf(reader);
    const list = message[name] as number[];
    while (reader.pos < end) list.push(readScalar(reader, kind) as number);
    if (reader.pos !== end) throw new RangeError(`packed field '${name}' is cut off`);
    return;
  }
  const value = typeof kind === 'object' ? decode(reader, endOf(reader), kind) : readScalar(reader, kind);
  if (repeated) (message[name] as unknown[]).push(value);
  else message[name] = value;
}

function endOf(reader: protobuf.Reader): number {
  const length = reader.uint32();
  if (length > reader.len - reader.pos) throw new RangeError('a length reaches over the end of the file');
  return reader.pos + length;
}

function readScalar(reader: protobuf.Reader, kind: 'string' | 'bytes' | 'int' | 'float' | 'double'): unknown {
  switch (kind) {
    case 'string':
      return reader.string();
    case 'bytes':
      return reader.bytes();
    case 'float':
      return reader.float();
    case 'double':
      return reader.double();
    case 'int':
      return toNumber(reader.int64());
  }
}

/** int64 as a double: exact to 2⁵³, and the open ends of slices (±2⁶³) stay huge. */
function toNumber(value: number | { toNumber(): number } | { low: number; high: number }): number {
  if (typeof value === 'number') return value;
  if ('toNumber' in value) return value.toNumber();
  return value.high * 2 ** 32 + (value.low >>> 0);
}
