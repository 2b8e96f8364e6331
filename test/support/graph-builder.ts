import type { Graph, Node, Operation } from '../../dist/graph/graph.js';
import { sizeOf, type Tensor } from '../../dist/tensor.js';

/** Builds graphs in tests: names values by number, infers shapes. */
export class GraphBuilder {
  readonly graph: Graph = { inputs: [], outputs: [], nodes: [], constants: new Map(), shapes: new Map() };
  #count = 0;

  input(shape: readonly number[]): string {
    const name = this.#named('x', shape);
    this.graph.inputs.push(name);
    return name;
  }

  constant(tensor: Tensor): string {
    const name = this.#named('c', tensor.shape);
    this.graph.constants.set(name, tensor);
    return name;
  }

  node(operation: Operation, ...inputs: string[]): string {
    const shape = outputShape(
      operation,
      inputs.map((name) => this.shape(name)),
    );
    if (shape.some((size) => !Number.isInteger(size) || size < 1)) {
      throw new RangeError(`${operation.op} would give shape [${shape.join(', ')}]`);
    }
    const output = this.#named(operation.op, shape);
    this.graph.nodes.push({ ...operation, name: output, inputs, output } as Node);
    return output;
  }

  shape(name: string): readonly number[] {
    return this.graph.shapes.get(name)!;
  }

  build(...outputs: string[]): Graph {
    this.graph.outputs.push(...outputs);
    return this.graph;
  }

  #named(prefix: string, shape: readonly number[]): string {
    const name = `${prefix}${this.#count++}`;
    this.graph.shapes.set(name, [...shape]);
    return name;
  }
}

/** The shape of an operation's output, from its definition in `graph.ts`. */
export function outputShape(operation: Operation, inputs: readonly (readonly number[])[]): number[] {
  const [x, second] = inputs;
  const spatial = (size: (length: number, axis: number) => number) => x.slice(2).map(size);
  switch (operation.op) {
    case 'conv':
      return [x[0], second[0], ...spatial((_, i) => windowCount(x, second.slice(2), operation, i, false))];
    case 'maxPool':
    case 'averagePool':
      return [
        x[0],
        x[1],
        ...spatial((_, i) => windowCount(x, operation.kernel, operation, i, operation.ceil)),
      ];
    case 'globalMaxPool':
      return [x[0], x[1], ...spatial(() => 1)];
    case 'upsample':
      return [x[0], x[1], ...spatial((length, i) => length * operation.scales[i])];
    case 'matMul':
      return [...x.slice(0, -1), second[second.length - 1]];
    case 'dense':
      return [...x.slice(0, -1), second[1]];
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
      return broadcastShape(x, second);
    case 'reduceMean':
      return x.flatMap((size, i) => (operation.axes.includes(i) ? (operation.keepDims ? [1] : []) : [size]));
    case 'concat':
      return x.map((size, i) => (i === operation.axis ? inputs.reduce((sum, s) => sum + s[i], 0) : size));
    case 'pad':
      return x.map((size, i) => size + operation.pads[i] + operation.pads[i + x.length]);
    case 'slice':
      return x.map((_, i) =>
        Math.max(0, Math.ceil((operation.ends[i] - operation.starts[i]) / operation.steps[i])),
      );
    case 'reshape':
      if (sizeOf(operation.shape) !== sizeOf(x))
        throw new RangeError('reshape changes the number of elements');
      return [...operation.shape];
    case 'transpose':
      return operation.perm.map((axis) => x[axis]);
    case 'gather':
      return [...x.slice(0, operation.axis), ...second, ...x.slice(operation.axis + 1)];
    default:
      return [...x];
  }
}

function windowCount(
  x: readonly number[],
  kernel: readonly number[],
  { strides, pads, dilations }: { strides: number[]; pads: number[]; dilations: number[] },
  i: number,
  ceil: boolean,
): number {
  const size = x[i + 2];
  const room = size + pads[i] + pads[i + kernel.length] - dilations[i] * (kernel[i] - 1) - 1;
  const count = (ceil ? Math.ceil(room / strides[i]) : Math.floor(room / strides[i])) + 1;
  // With `ceil`, a last window that starts beyond the input (in its end padding) is left out.
  return ceil && (count - 1) * strides[i] >= size + pads[i] ? count - 1 : count;
}

function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) =>
    Math.max(a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1),
  );
}
