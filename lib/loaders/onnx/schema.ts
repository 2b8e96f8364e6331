import type { Field, FieldKind, MessageTable } from './wire.js';

/**
 * The part of the ONNX file format that this loader reads (field numbers as published in the ONNX
 * specification). Sub-graphs of control flow, training data and functions are skipped.
 */
export interface OnnxModel {
  graph?: OnnxGraph;
  opsets: { domain?: string; version?: number }[];
  producer?: string;
}

export interface OnnxGraph {
  nodes: OnnxNode[];
  initializers: OnnxTensor[];
  inputs: OnnxValueInfo[];
  outputs: OnnxValueInfo[];
}

export interface OnnxNode {
  inputs: string[];
  outputs: string[];
  name?: string;
  type?: string;
  domain?: string;
  attributes: OnnxAttribute[];
}

export interface OnnxAttribute {
  name?: string;
  float?: number;
  int?: number;
  string?: Uint8Array;
  tensor?: OnnxTensor;
  floats: number[];
  ints: number[];
  strings: Uint8Array[];
}

export interface OnnxTensor {
  dims: number[];
  dataType?: number;
  floats: number[];
  int32s: number[];
  int64s: number[];
  doubles: number[];
  uint64s: number[];
  name?: string;
  raw?: Uint8Array;
  external: { key?: string; value?: string }[];
  dataLocation?: number;
}

export interface OnnxValueInfo {
  name?: string;
  type?: { tensor?: { elementType?: number; shape?: { dims: { value?: number; parameter?: string }[] } } };
}

const field = (name: string, kind: FieldKind): Field => ({ name, kind });
const list = (name: string, kind: FieldKind): Field => ({ name, kind, repeated: true });
const table = (fields: Record<number, Field>): MessageTable => ({ fields });

const stringPair = table({ 1: field('key', 'string'), 2: field('value', 'string') });

export const tensorTable = table({
  1: list('dims', 'int'),
  2: field('dataType', 'int'),
  4: list('floats', 'float'),
  5: list('int32s', 'int'),
  7: list('int64s', 'int'),
  8: field('name', 'string'),
  9: field('raw', 'bytes'),
  10: list('doubles', 'double'),
  11: list('uint64s', 'int'),
  13: list('external', stringPair),
  14: field('dataLocation', 'int'),
});

const attributeTable = table({
  1: field('name', 'string'),
  2: field('float', 'float'),
  3: field('int', 'int'),
  4: field('string', 'bytes'),
  5: field('tensor', tensorTable),
  7: list('floats', 'float'),
  8: list('ints', 'int'),
  9: list('strings', 'bytes'),
});

const nodeTable = table({
  1: list('inputs', 'string'),
  2: list('outputs', 'string'),
  3: field('name', 'string'),
  4: field('type', 'string'),
  5: list('attributes', attributeTable),
  7: field('domain', 'string'),
});

const dimensionTable = table({ 1: field('value', 'int'), 2: field('parameter', 'string') });
const shapeTable = table({ 1: list('dims', dimensionTable) });
const tensorTypeTable = table({ 1: field('elementType', 'int'), 2: field('shape', shapeTable) });
const typeTable = table({ 1: field('tensor', tensorTypeTable) });
const valueTable = table({ 1: field('name', 'string'), 2: field('type', typeTable) });

const graphTable = table({
  1: list('nodes', nodeTable),
  5: list('initializers', tensorTable),
  11: list('inputs', valueTable),
  12: list('outputs', valueTable),
});

const opsetTable = table({ 1: field('domain', 'string'), 2: field('version', 'int') });

export const modelTable = table({
  2: field('producer', 'string'),
  7: field('graph', graphTable),
  8: list('opsets', opsetTable),
});
