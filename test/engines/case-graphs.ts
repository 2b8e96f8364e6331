import type { Graph } from '../../dist/graph/graph.js';
import { sizeOf, type Tensor } from '../../dist/tensor.js';
import { GraphBuilder } from '../support/graph-builder.js';
import { operationCases } from './operation-cases.js';
import { Random } from '../support/random.js';

export interface CaseGraph {
  name: string;
  /** x → operation → flatten → dense with three classes. */
  graph: Graph;
  inputs: Tensor[];
  targets: number[];
}

/**
 * Every case as a network of its own: one variable operand is the input, the others are constants (weights
 * stay constants throughout), and random weights read three classes from the result.
 */
export function caseGraphs(): CaseGraph[] {
  return operationCases().flatMap(({ name, operation, operands, variable }) =>
    operands.flatMap((x, which) => {
      const data = which === 0 || ['add', 'sub', 'mul', 'div'].includes(operation.op);
      if (!data || !variable[which]) return [];
      const builder = new GraphBuilder();
      const names = operands.map((operand, i) =>
        i === which ? builder.input(operand.shape) : builder.constant(operand),
      );
      const y = builder.node(operation, ...names);
      const [batch] = builder.shape(y);
      const features = sizeOf(builder.shape(y)) / batch;
      const flat = builder.node({ op: 'reshape', shape: [batch, features] }, y);
      const readout = builder.constant(new Random(3).tensor([features, 3]));
      const graph = builder.build(builder.node({ op: 'dense' }, flat, readout));
      const targets = Array.from({ length: batch }, (_, n) => n % 3);
      return [{ name: `${name}, operand ${which}`, graph, inputs: [x], targets }];
    }),
  );
}
