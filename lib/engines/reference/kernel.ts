import type { Operation, OperationName } from '../../graph/graph.js';
import { sizeOf } from '../../tensor.js';

/**
 * A dense row-major array. The engine stores float32; tests run the same kernels on float64 storage, where
 * finite differences are sharp. Sums are accumulated in float64 either way.
 */
export interface Values {
  data: Float32Array | Float64Array;
  shape: readonly number[];
}

/** Makes zero-filled storage of the precision in use. */
export type Allocate = (shape: readonly number[]) => Values;

export const float32: Allocate = (shape) => ({ data: new Float32Array(sizeOf(shape)), shape });
export const float64: Allocate = (shape) => ({ data: new Float64Array(sizeOf(shape)), shape });

/** The member of `Operation` that carries the name `Name`. */
export type OperationOf<Name extends OperationName> = Operation extends infer Member
  ? Member extends { op: infer Names }
    ? Name extends Names
      ? Member
      : never
    : never
  : never;

interface BackwardArguments<O extends Operation> {
  operation: O;
  inputs: readonly Values[];
  /** What `forward` returned for these inputs. */
  output: Values;
  /** ∂F/∂output, in the output's shape. */
  gradient: Values;
  /** Which inputs' gradients are asked for; the others may be left out. */
  wanted: readonly boolean[];
}

/** One operation, forward and as a vector-Jacobian product. */
export interface Kernel<O extends Operation> {
  forward(operation: O, inputs: readonly Values[], shape: readonly number[], allocate: Allocate): Values;
  /** ∂F/∂input for every wanted input, in that input's shape; undefined for an input that has none. */
  backward(call: BackwardArguments<O>, allocate: Allocate): (Values | undefined)[];
}
