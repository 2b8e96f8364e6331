import { SmugError } from '../../errors.js';
import {
  combineArrays,
  concatArrays,
  gatherArray,
  sliceArray,
  transposeArray,
  type NumericArray,
} from '../../graph/array-operations.js';
import { broadcastShapes } from '../../graph/broadcast.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Operation } from '../../graph/graph.js';
import { sizeOf } from '../../tensor.js';
import { toFloat32, type FoldBudget, type HostTensor } from '../host-tensor.js';
import type { WordsGiven } from '../model.js';
import type { Attributes } from './attributes.js';
import { checkFinite, readTensor, type ExternalReader } from './tensors.js';

/** A value while a file is converted: known now, or computed by the graph. */
export type Value =
  | { kind: 'host'; tensor: HostTensor; name: string }
  | {
      kind: 'graph';
      name: string;
      shape: readonly number[];
      integer: boolean;
      /** Set for indices of words as the model is given them. */
      words?: WordsGiven;
    };

export function hostValue(tensor: HostTensor, name = 'constant'): Value {
  return { kind: 'host', tensor, name };
}

export function shapeOfValue(value: Value): readonly number[] {
  return value.kind === 'host' ? value.tensor.shape : value.shape;
}

/** One node of the file, with its inputs already converted. */
export interface NodeToConvert {
  type: string;
  name: string;
  attributes: Attributes;
  inputs: readonly (Value | undefined)[];
  /** Which of the node's outputs the rest of the file uses. */
  usedOutputs: readonly boolean[];
}

/** What all nodes of a file share while it becomes a graph. */
export interface ConversionContext {
  opset: number;
  builder: GraphBuilder;
  external: ExternalReader;
  budget: FoldBudget;
}

/** What a converter of one ONNX operator works with: the node's inputs and attributes, and the graph so far. */
export class Conversion {
  readonly type: string;
  readonly name: string;
  readonly opset: number;
  readonly attributes: Attributes;
  readonly inputs: readonly (Value | undefined)[];
  readonly usedOutputs: readonly boolean[];
  readonly #context: ConversionContext;

  constructor(node: NodeToConvert, context: ConversionContext) {
    this.type = node.type;
    this.name = node.name;
    this.attributes = node.attributes;
    this.inputs = node.inputs;
    this.usedOutputs = node.usedOutputs;
    this.opset = context.opset;
    this.#context = context;
  }

  get label(): string {
    return `node '${this.name}' (${this.type})`;
  }

  bad(why: string): never {
    throw new SmugError('BAD_MODEL', `${this.label}: ${why}.`);
  }

  unsupported(why: string): never {
    throw new SmugError('UNSUPPORTED_OPERATOR', `${this.label} is not supported in this form: ${why}.`);
  }

  input(slot: number): Value {
    return this.inputs[slot] ?? this.bad(`input ${slot} is missing`);
  }

  shape(slot: number): readonly number[] {
    return shapeOfValue(this.input(slot));
  }

  /** An input that must be known now: a weight, a shape. Undefined when it is left out. */
  host(slot: number, what: string): HostTensor | undefined {
    const value = this.inputs[slot];
    if (value === undefined) return undefined;
    if (value.kind !== 'host')
      this.unsupported(
        `its ${what} (input ${slot}) must be constant, but is computed from the model's input`,
      );
    return value.tensor;
  }

  hostNumbers(slot: number, what: string): number[] | undefined {
    const tensor = this.host(slot, what);
    return tensor && Array.from(tensor.data);
  }

  /** A list that older opsets keep as an attribute and newer ones as an input. */
  numbers(slot: number, attribute: string): number[] | undefined {
    return (
      this.hostNumbers(slot, attribute) ??
      this.attributes.ints(attribute) ??
      this.attributes.floats(attribute)
    );
  }

  /** A tensor kept in an attribute. */
  tensorAttribute(name: string): HostTensor | undefined {
    const tensor = this.attributes.tensor(name);
    return tensor && readTensor(tensor, `${this.name}.${name}`, this.#context.external);
  }

  /** Resolves a possibly negative axis. */
  axis(axis: number, rank: number): number {
    const resolved = axis < 0 ? axis + rank : axis;
    if (!Number.isInteger(resolved) || resolved < 0 || resolved >= rank)
      this.bad(`axis ${axis} does not exist in ${rank} axes`);
    return resolved;
  }

  /** Adds a node to the graph; host values among its inputs become constants. */
  emit(operation: Operation, values: readonly Value[]): Value {
    const inputs = values.map((value) => this.graphName(value));
    const name = this.#context.builder.add(operation, inputs, this.name);
    const integer = values.every((value) => (value.kind === 'host' ? value.tensor.integer : value.integer));
    return { kind: 'graph', name, shape: this.#context.builder.shape(name), integer };
  }

  graphName(value: Value): string {
    if (value.kind === 'graph') return value.name;
    const known = this.#context.builder.constantOf(value.name);
    const tensor = toFloat32(checkFinite(value.tensor, value.name));
    // The same weight used by several nodes is stored once.
    if (known !== undefined && known.data === tensor.data && known.shape.join() === tensor.shape.join())
      return value.name;
    return this.#context.builder.constant(value.name, tensor);
  }

  reshape(value: Value, shape: readonly number[]): Value {
    if (sizeOf(shape) !== sizeOf(shapeOfValue(value)))
      this.bad(`[${shapeOfValue(value).join(', ')}] cannot be reshaped to [${shape.join(', ')}]`);
    if (value.kind === 'host')
      return { ...value, tensor: { ...value.tensor, shape: [...shape] }, name: this.name };
    return this.#keepType(value, this.emit({ op: 'reshape', shape: [...shape] }, [value]));
  }

  transpose(value: Value, perm: readonly number[]): Value {
    const rank = shapeOfValue(value).length;
    if ([...perm].sort((a, b) => a - b).some((axis, at) => axis !== at) || perm.length !== rank)
      this.bad(`[${perm.join(', ')}] is no permutation of ${rank} axes`);
    if (value.kind === 'host') {
      this.reserve(value.tensor.shape);
      return this.fold(value.tensor, transposeArray(value.tensor, perm));
    }
    return this.#keepType(value, this.emit({ op: 'transpose', perm: [...perm] }, [value]));
  }

  slice(value: Value, starts: number[], ends: number[], steps: number[]): Value {
    if (value.kind === 'host') {
      this.reserve(value.tensor.shape);
      return this.fold(value.tensor, sliceArray(value.tensor, starts, ends, steps));
    }
    return this.#keepType(value, this.emit({ op: 'slice', starts, ends, steps }, [value]));
  }

  concat(values: readonly Value[], axis: number): Value {
    const tensors = values.flatMap((value) => (value.kind === 'host' ? [value.tensor] : []));
    if (tensors.length < values.length) {
      const known = values.filter((value) => !shapeOfValue(value).includes(0));
      return known.length === 1 ? known[0] : this.emit({ op: 'concat', axis }, known);
    }
    const [{ shape }] = tensors;
    if (
      tensors.some(
        (t) => t.shape.length !== shape.length || t.shape.some((d, at) => at !== axis && d !== shape[at]),
      )
    )
      this.bad('the inputs differ in another axis than the one they are joined along');
    this.reserve(
      shape.map((size, at) => (at === axis ? tensors.reduce((sum, t) => sum + t.shape[axis], 0) : size)),
    );
    return this.fold(tensors[0], concatArrays(tensors, axis));
  }

  gather(table: Value, indices: Value, axis: number): Value {
    const size = shapeOfValue(table)[axis];
    if (indices.kind === 'graph') return this.emit({ op: 'gather', axis }, [table, indices]);
    const picks = this.#resolveIndices(indices.tensor, size);
    const shape = [
      ...shapeOfValue(table).slice(0, axis),
      ...picks.shape,
      ...shapeOfValue(table).slice(axis + 1),
    ];
    if (table.kind === 'host') {
      this.reserve(shape);
      return this.fold(table.tensor, gatherArray(table.tensor, picks, axis));
    }
    // One entry is a slice, which every engine knows.
    if (picks.data.length === 1) {
      const starts = table.shape.map((_, at) => (at === axis ? picks.data[0] : 0));
      const ends = table.shape.map((full, at) => (at === axis ? picks.data[0] + 1 : full));
      return this.reshape(
        this.slice(
          table,
          starts,
          ends,
          starts.map(() => 1),
        ),
        shape,
      );
    }
    return this.emit({ op: 'gather', axis }, [table, hostValue(picks, `${this.name}.indices`)]);
  }

  /** add, sub, mul, div; folded when both operands are known. Division of whole numbers truncates. */
  binary(op: 'add' | 'sub' | 'mul' | 'div', a: Value, b: Value): Value {
    if (a.kind === 'host' && b.kind === 'host') {
      const whole = a.tensor.integer && b.tensor.integer;
      return this.foldBinary(
        a.tensor,
        b.tensor,
        {
          add: (x: number, y: number) => x + y,
          sub: (x: number, y: number) => x - y,
          mul: (x: number, y: number) => x * y,
          div: (x: number, y: number) => (whole ? Math.trunc(x / y) : x / y),
        }[op],
      );
    }
    const isWhole = (value: Value) => (value.kind === 'host' ? value.tensor.integer : value.integer);
    if (op === 'div' && isWhole(a) && isWhole(b))
      this.unsupported('it divides whole numbers computed from the model’s input');
    return this.emit({ op }, [a, b]);
  }

  foldBinary(a: HostTensor, b: HostTensor, f: (x: number, y: number) => number): Value {
    const shape = broadcastShapes(a.shape, b.shape) ?? this.bad('the shapes of its inputs do not broadcast');
    this.reserve(shape);
    const result = combineArrays(a, b, f) ?? this.bad('the shapes of its inputs do not broadcast');
    return this.fold({ ...a, integer: a.integer && b.integer }, result);
  }

  /** Call before computing a constant of this shape. @throws SmugError BAD_MODEL when it is out of proportion */
  reserve(shape: readonly number[]): void {
    this.#context.budget.take(shape, this.label);
  }

  fold(like: HostTensor, array: NumericArray): Value {
    return hostValue({ ...array, integer: like.integer }, this.name);
  }

  #keepType(from: Value, to: Value): Value {
    if (to.kind === 'graph' && from.kind === 'graph') return { ...to, integer: from.integer };
    return to;
  }

  #resolveIndices(indices: HostTensor, size: number): HostTensor {
    const data = indices.data.map((index) => (index < 0 ? index + size : index));
    for (const index of data)
      if (!Number.isInteger(index) || index < 0 || index >= size)
        this.bad(`an index is outside the ${size} entries it picks from`);
    return { ...indices, data };
  }
}

/** Turns one ONNX node into graph nodes; returns the node's outputs, in order. */
type Converter = (conversion: Conversion) => Value | Value[];

export interface OperatorDefinition {
  convert: Converter;
  /**
   * Input slots that must hold constants (weights, shapes). A file's own input that feeds one is a parameter
   * that the caller binds.
   */
  parameters?: readonly number[];
}
