import { SmugError } from '../errors.js';
import { sizeOf, type Tensor } from '../tensor.js';
import type { Graph, Node, Operation } from './graph.js';
import { checkShape, inferShape } from './infer.js';

/** Builds a graph node by node; every node's shape is inferred, and checked, as it is added. */
export class GraphBuilder {
  readonly #inputs: string[] = [];
  readonly #nodes: Node[] = [];
  readonly #constants = new Map<string, Tensor>();
  readonly #shapes = new Map<string, readonly number[]>();
  readonly #reserved: Set<string>;
  readonly #counters = new Map<string, number>();

  /** @param reserved names that `constant` and `add` must not pick by themselves. */
  constructor(reserved: Iterable<string> = []) {
    this.#reserved = new Set(reserved);
  }

  input(name: string, shape: readonly number[]): string {
    this.#define(name, checkShape(shape, `input '${name}'`));
    this.#inputs.push(name);
    return name;
  }

  /** Adds a constant; the name it gets is `hint`, or a variation when that is taken. */
  constant(hint: string, tensor: Tensor): string {
    if (tensor.data.length !== sizeOf(tensor.shape))
      throw new SmugError(
        'BAD_WEIGHTS',
        `Constant '${hint}' has ${tensor.data.length} values for shape [${tensor.shape}].`,
      );
    const name = this.#fresh(hint);
    this.#define(name, checkShape(tensor.shape, `constant '${hint}'`));
    this.#constants.set(name, tensor);
    return name;
  }

  /**
   * Adds a node and returns the name of its output.
   * @param name the node's name in the model's file, for messages.
   * @param output exact name of the output; by default a fresh one made from `name`.
   */
  add(operation: Operation, inputs: string[], name: string, output?: string): string {
    const shape = inferShape(
      operation,
      inputs.map((input) => this.shape(input)),
      `node '${name}' (${operation.op})`,
    );
    const value = output ?? this.#fresh(name);
    this.#define(value, shape);
    this.#nodes.push({ ...operation, name, inputs: [...inputs], output: value });
    return value;
  }

  /** Adds a node that exists elsewhere, under its own names. */
  copy(node: Node): string {
    const { name, inputs, output, ...operation } = node;
    return this.add(operation as Operation, inputs, name, output);
  }

  /** Gives the output of the node added last another name, if it is `value` and the name is free. */
  renameLast(value: string, name: string): string {
    const last = this.#nodes.at(-1);
    if (last?.output !== value || this.#shapes.has(name)) return value;
    last.output = name;
    this.#shapes.set(name, this.shape(value));
    this.#shapes.delete(value);
    return name;
  }

  has(value: string): boolean {
    return this.#shapes.has(value);
  }

  shape(value: string): readonly number[] {
    const shape = this.#shapes.get(value);
    if (shape === undefined)
      throw new SmugError('BAD_MODEL', `The graph uses '${value}', which nothing defines.`);
    return shape;
  }

  constantOf(value: string): Tensor | undefined {
    return this.#constants.get(value);
  }

  finish(outputs: string[]): Graph {
    for (const output of outputs) this.shape(output);
    return {
      inputs: this.#inputs,
      outputs: [...outputs],
      nodes: this.#nodes,
      constants: this.#constants,
      shapes: this.#shapes,
    };
  }

  #define(name: string, shape: readonly number[]): void {
    if (this.#shapes.has(name)) throw new SmugError('BAD_MODEL', `Value '${name}' is defined twice.`);
    this.#shapes.set(name, shape);
  }

  #fresh(hint: string): string {
    const taken = (name: string) => this.#shapes.has(name) || this.#reserved.has(name);
    if (!taken(hint)) return hint;
    let number = this.#counters.get(hint) ?? 0;
    let name: string;
    do name = `${hint}:${++number}`;
    while (taken(name));
    this.#counters.set(hint, number);
    return name;
  }
}
