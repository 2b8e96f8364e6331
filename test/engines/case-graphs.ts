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
  const alone = operationCases().filter(({ operation }) => operation.op !== 'matMul');
  return [
    ...products(),
    ...alone.flatMap(({ name, operation, operands, variable }) =>
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
    ),
  ];
}

/** Both factors of a product are computed: cut from one input, and both get a gradient. */
function products(): CaseGraph[] {
  return operationCases().flatMap(({ name, operation, operands }) => {
    if (operation.op !== 'matMul') return [];
    const batch = operands[0].shape[0];
    const sizes = operands.map(({ shape }) => sizeOf(shape) / batch);
    const x = new Random(5).tensor([batch, sizes[0] + sizes[1]]);
    const builder = new GraphBuilder();
    const input = builder.input(x.shape);
    const factors = operands.map(({ shape }, at) => {
      const starts = [0, at * sizes[0]];
      const ends = [batch, starts[1] + sizes[at]];
      const part = builder.node({ op: 'slice', starts, ends, steps: [1, 1] }, input);
      return builder.node({ op: 'reshape', shape: [...shape] }, part);
    });
    const y = builder.node(operation, ...factors);
    const features = sizeOf(builder.shape(y)) / batch;
    const flat = builder.node({ op: 'reshape', shape: [batch, features] }, y);
    const readout = builder.constant(new Random(3).tensor([features, 3]));
    const graph = builder.build(builder.node({ op: 'dense' }, flat, readout));
    const targets = Array.from({ length: batch }, (_, n) => n % 3);
    return [{ name, graph, inputs: [x], targets }];
  });
}
