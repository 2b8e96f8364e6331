import type { Tensor } from '../../tensor.js';
import type { Node, Operation } from '../graph.js';

/** What a rule sees of the graph that is being rewritten: everything before the node it looks at. */
export interface View {
  shape(value: string): readonly number[];
  constant(value: string): Tensor | undefined;
  /** The (already rewritten) node that computes a value. */
  producer(value: string): Node | undefined;
  /** Whether one node reads the value, and the graph does not return it. */
  usedOnce(value: string): boolean;
  isInput(value: string): boolean;
  /** Stores a new constant under a free name. */
  addConstant(hint: string, tensor: Tensor): string;
  /** Computes another value, under a free name, before the node that is looked at. */
  addNode(hint: string, operation: Operation, inputs: string[], shape: readonly number[]): string;
}

/**
 * What becomes of a node: another value that equals its output, a constant, or another operation on other
 * inputs with the same output. Undefined: the rule has nothing to say.
 */
export type Rewrite = { same: string } | { constant: Tensor } | { operation: Operation; inputs: string[] };

export type Rule = (node: Node, view: View) => Rewrite | undefined;

/** The operation of a node without its place in the graph. */
export function operationOf(node: Node): Operation {
  const { name: _name, inputs: _inputs, output: _output, ...operation } = node;
  return operation as Operation;
}
