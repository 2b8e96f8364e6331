import protobuf from 'protobufjs/minimal.js';
import {
  modelTable,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
} from '../../dist/loaders/onnx/schema.js';
import type { MessageTable } from '../../dist/loaders/onnx/wire.js';

/** Writes messages by the same tables that the loader reads them with. */
export function encodeMessage(message: object, table: MessageTable): Uint8Array {
  const writer = protobuf.Writer.create();
  for (const [number, { name, kind }] of Object.entries(table.fields)) {
    const value = (message as Record<string, unknown>)[name];
    for (const entry of Array.isArray(value) ? value : value === undefined ? [] : [value]) {
      const tag = Number(number) << 3;
      if (typeof kind === 'object') writer.uint32(tag | 2).bytes(encodeMessage(entry as object, kind));
      else if (kind === 'int') writer.uint32(tag).int64(entry as number);
      else if (kind === 'float') writer.uint32(tag | 5).float(entry as number);
      else if (kind === 'double') writer.uint32(tag | 1).double(entry as number);
      else if (kind === 'string') writer.uint32(tag | 2).string(entry as string);
      else writer.uint32(tag | 2).bytes(entry as Uint8Array);
    }
  }
  return writer.finish();
}

type AttributeValue = number | string | number[] | { float: number } | { floats: number[] } | OnnxTensor;

/** Whole numbers become ints; write `{ float: 1 }` where a float is meant. */
function attribute(name: string, value: AttributeValue): OnnxAttribute {
  const empty: OnnxAttribute = { name, floats: [], ints: [], strings: [] };
  if (typeof value === 'number') return { ...empty, int: value };
  if (typeof value === 'string') return { ...empty, string: Buffer.from(value) };
  if (Array.isArray(value)) return { ...empty, ints: value };
  if ('dims' in value) return { ...empty, tensor: value };
  return { ...empty, ...value };
}

export function node(
  type: string,
  inputs: string[],
  outputs: string[],
  attributes: Record<string, AttributeValue> = {},
): OnnxNode {
  return {
    type,
    name: `${outputs[0]}_node`,
    inputs,
    outputs,
    attributes: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
  };
}

const emptyTensor = { floats: [], int32s: [], int64s: [], doubles: [], uint64s: [], external: [] };

export function floats(name: string, dims: number[], data: ArrayLike<number>): OnnxTensor {
  const raw = new Uint8Array(Float32Array.from(data).buffer);
  return { ...emptyTensor, name, dims, dataType: 1, raw };
}

export function ints(name: string, dims: number[], data: number[]): OnnxTensor {
  return { ...emptyTensor, name, dims, dataType: 7, int64s: data };
}

/** Dimensions below 1 are left open. */
export function value(name: string, dims: number[], elementType = 1): OnnxValueInfo {
  return {
    name,
    type: {
      tensor: {
        elementType,
        shape: { dims: dims.map((size) => (size < 1 ? { parameter: 'N' } : { value: size })) },
      },
    },
  };
}

export function model(graph: Partial<OnnxGraph> & { nodes: OnnxNode[] }, opset = 13): Uint8Array {
  const whole: OnnxModel = {
    graph: { initializers: [], inputs: [value('x', [1, 3, 8, 8])], outputs: [value('y', [])], ...graph },
    opsets: [{ domain: '', version: opset }],
  };
  return encodeMessage(whole, modelTable);
}

/** Predictable numbers in [−1, 1). */
export function ramp(size: number): number[] {
  return Array.from({ length: size }, (_, i) => ((i * 37) % 64) / 32 - 1);
}
