import { SmugError } from '../../errors.js';
import type { Operation, OperationName } from '../../graph/graph.js';
import type { Tensor } from '../../tensor.js';
import type { OperationOf } from '../reference/kernel.js';
import type { DeviceTensor, Kernels } from './kernels.js';
import type { Layout } from './layout.js';

/** The form in which an operation takes an operand; null: it does not take it as a tensor at all. */
export interface Form {
  layout: Layout;
  /** A constant with fewer axes is given leading axes of length 1, up to this rank. */
  rank?: number;
}

/** One node made ready to run: which forms it reads and writes, what it needs to go back, and how. */
export interface Program {
  forms: (Form | null)[];
  layout: Layout;
  /** What `backward` reads beside the gradient; shapes may be read in any case. */
  saves: { inputs: boolean; output: boolean };
  forward(inputs: readonly DeviceTensor[]): DeviceTensor;
  backward(call: BackwardCall): (DeviceTensor | undefined)[];
  /** Frees the tensors it kept. */
  dispose?(): void;
}

interface BackwardCall {
  inputs: readonly DeviceTensor[];
  output: DeviceTensor;
  /** ∂F/∂output, in the output's layout. */
  gradient: DeviceTensor;
  wanted: readonly boolean[];
}

/** What a program is made from. */
export interface Site<O extends Operation = Operation> {
  kernels: Kernels;
  operation: O;
  name: string;
  /** Shapes at the graph's own batch size, in the graph's order. */
  shapes: readonly (readonly number[])[];
  shape: readonly number[];
  /** The layout in which each operand comes; `plain` for constants. */
  homes: readonly Layout[];
  /** Constant operands' values; undefined for the others. */
  constants: readonly (Tensor | undefined)[];
}

export type Prepare<O extends Operation> = (site: Site<O>) => Program;
export type Preparations = { [Name in OperationName]: Prepare<OperationOf<Name>> };

/** The value of an operand that this engine must know beforehand, such as a convolution's weights. */
export function constantOperand(site: Site, index: number, what: string): Tensor {
  const constant = site.constants[index];
  if (constant !== undefined) return constant;
  throw new SmugError(
    'UNSUPPORTED_OPERATOR',
    `Node '${site.name}' (${site.operation.op}) computes its ${what} while running; the tfjs engine needs ` +
      `constant ${what}. Use another engine (--engine cpu or reference).`,
  );
}

/** A tensor made when first needed, kept until disposed. */
export class Kept {
  readonly #kernels: Kernels;
  readonly #make: () => DeviceTensor;
  #tensor: DeviceTensor | null = null;

  constructor(kernels: Kernels, make: () => DeviceTensor) {
    this.#kernels = kernels;
    this.#make = make;
  }

  get value(): DeviceTensor {
    this.#tensor ??= this.#kernels.keep(this.#make());
    return this.#tensor;
  }

  dispose(): void {
    this.#tensor?.dispose();
    this.#tensor = null;
  }
}

export function disposeAll(kept: readonly Kept[]): void {
  for (const one of kept) one.dispose();
}
