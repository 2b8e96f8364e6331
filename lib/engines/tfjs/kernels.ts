import type * as tfjs from '@tensorflow/tfjs-core';
import { SmugError } from '../../errors.js';

/** A tensor on the TensorFlow.js back end. */
export type DeviceTensor = tfjs.Tensor;

/** The part of the TensorFlow.js interface that the engine uses; every back end's package has it. */
export type TensorFlow = Pick<
  typeof tfjs,
  | 'engine'
  | 'backend'
  | 'tensor'
  | 'scalar'
  | 'tidy'
  | 'keep'
  | 'memory'
  | 'setBackend'
  | 'getBackend'
  | 'ready'
  | 'env'
>;

/** Explicit padding of a channels-last plane. */
export interface PlanePads {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

/**
 * TensorFlow.js kernels by name, with the attributes this engine needs. Only kernels that the WASM back end
 * has; nothing records a gradient tape. Results belong to the innermost `tidy`.
 */
export class Kernels {
  readonly #tf: TensorFlow;
  readonly #wasm: { getMemoryOffset?(dataId: object): number };

  constructor(tf: TensorFlow) {
    this.#tf = tf;
    this.#wasm = tf.backend() as object;
  }

  #run(name: string, inputs: Record<string, DeviceTensor> | DeviceTensor[], attributes: object = {}) {
    return this.#checked(
      this.#tf.engine().runKernel(name, inputs as never, attributes as never) as DeviceTensor,
    );
  }

  /**
   * The WASM back end does not look at what its allocator returns: without memory a tensor lies at address 0
   * and what is written to it destroys others. Its thread is given up then.
   */
  #checked(tensor: DeviceTensor): DeviceTensor {
    const { getMemoryOffset } = this.#wasm;
    if (getMemoryOffset === undefined || tensor.size === 0) return tensor;
    if (getMemoryOffset.call(this.#wasm, tensor.dataId) !== 0) return tensor;
    throw new SmugError(
      'OUT_OF_MEMORY',
      `The WASM memory of a tfjs thread (at most 4 GiB) has no room for a tensor of shape [${tensor.shape.join(', ')}]. ` +
        'Use a smaller input or another engine (--engine cpu).',
    );
  }

  /** Frees every tensor made inside `work` but those it returns. */
  tidy<T extends DeviceTensor | (DeviceTensor | undefined)[]>(work: () => T): T {
    return this.#tf.tidy(work as never) as T;
  }

  /** Takes a tensor out of the innermost `tidy`; its owner disposes it. */
  keep<T extends DeviceTensor>(tensor: T): T {
    return this.#tf.keep(tensor);
  }

  tensor(data: Float32Array, shape: readonly number[]): DeviceTensor {
    // Native back ends take no views of shared memory.
    const own = data.buffer instanceof SharedArrayBuffer ? Float32Array.from(data) : data;
    return this.#checked(this.#tf.tensor(own, [...shape], 'float32'));
  }

  indices(data: Int32Array): DeviceTensor {
    return this.#tf.tensor(data, [data.length], 'int32');
  }

  scalar(value: number): DeviceTensor {
    return this.#tf.scalar(value, 'float32');
  }

  fill(shape: readonly number[], value: number): DeviceTensor {
    return this.#run('Fill', {}, { shape: [...shape], value, dtype: 'float32' });
  }

  identity(x: DeviceTensor): DeviceTensor {
    return this.#run('Identity', { x });
  }

  add(a: DeviceTensor, b: DeviceTensor): DeviceTensor {
    return this.#run('Add', { a, b });
  }

  sub(a: DeviceTensor, b: DeviceTensor): DeviceTensor {
    return this.#run('Sub', { a, b });
  }

  mul(a: DeviceTensor, b: DeviceTensor): DeviceTensor {
    return this.#run('Multiply', { a, b });
  }

  div(a: DeviceTensor, b: DeviceTensor): DeviceTensor {
    return this.#run('RealDiv', { a, b });
  }

  scaled(x: DeviceTensor, factor: number): DeviceTensor {
    return factor === 1 ? this.identity(x) : this.mul(x, this.scalar(factor));
  }

  shifted(x: DeviceTensor, term: number): DeviceTensor {
    return this.add(x, this.scalar(term));
  }

  relu(x: DeviceTensor): DeviceTensor {
    return this.#run('Relu', { x });
  }

  /** min(x, 0), without a comparison: exact, and much faster than the kernel Minimum. */
  negativePart(x: DeviceTensor): DeviceTensor {
    return this.sub(x, this.relu(x));
  }

  /** 1 where x > 0, `otherwise` elsewhere. */
  step(x: DeviceTensor, otherwise = 0): DeviceTensor {
    return this.#run('Step', { x }, { alpha: otherwise });
  }

  clip(x: DeviceTensor, low: number, high: number): DeviceTensor {
    return this.#run('ClipByValue', { x }, { clipValueMin: low, clipValueMax: high });
  }

  /** 1 where a equals b, 0 elsewhere. */
  equal(a: DeviceTensor, b: DeviceTensor): DeviceTensor {
    return this.#run('Cast', { x: this.#run('Equal', { a, b }) }, { dtype: 'float32' });
  }

  unary(
    name: 'Erf' | 'Exp' | 'Expm1' | 'Log' | 'Sigmoid' | 'Softplus' | 'Sqrt' | 'Square' | 'Tanh',
    x: DeviceTensor,
  ): DeviceTensor {
    return this.#run(name, { x });
  }

  pow(x: DeviceTensor, exponent: number): DeviceTensor {
    return this.#run('Pow', { a: x, b: this.scalar(exponent) });
  }

  sum(x: DeviceTensor, axes: readonly number[], keepDims: boolean): DeviceTensor {
    return this.#run('Sum', { x }, { axis: [...axes], keepDims });
  }

  mean(x: DeviceTensor, axes: readonly number[], keepDims: boolean): DeviceTensor {
    return this.#run('Mean', { x }, { axis: [...axes], keepDims });
  }

  max(x: DeviceTensor, axis: number, keepDims: boolean): DeviceTensor {
    return this.#run('Max', { x }, { reductionIndices: [axis], keepDims });
  }

  /** Along the last axis. */
  softmax(logits: DeviceTensor): DeviceTensor {
    return this.#run('Softmax', { logits }, { dim: logits.rank - 1 });
  }

  reshape(x: DeviceTensor, shape: readonly number[]): DeviceTensor {
    return this.#run('Reshape', { x }, { shape: [...shape] });
  }

  transpose(x: DeviceTensor, perm: readonly number[]): DeviceTensor {
    return this.#run('Transpose', { x }, { perm: [...perm] });
  }

  concat(parts: readonly DeviceTensor[], axis: number): DeviceTensor {
    return this.#run('Concat', [...parts], { axis });
  }

  slice(x: DeviceTensor, begin: readonly number[], size: readonly number[]): DeviceTensor {
    return this.#run('Slice', { x }, { begin: [...begin], size: [...size] });
  }

  /** `paddings` has one [before, after] an axis. */
  pad(x: DeviceTensor, paddings: readonly (readonly [number, number])[], constantValue = 0): DeviceTensor {
    return this.#run('PadV2', { x }, { paddings: paddings.map((pair) => [...pair]), constantValue });
  }

  /** x[indices] along `axis`; indices of rank 1. */
  gather(x: DeviceTensor, indices: DeviceTensor, axis: number): DeviceTensor {
    return this.#run('GatherV2', { x, indices }, { axis, batchDims: 0 });
  }

  /** Rank 3 both; a batch of 1 is broadcast. */
  batchMatMul(a: DeviceTensor, b: DeviceTensor): DeviceTensor {
    return this.#run('BatchMatMul', { a, b }, { transposeA: false, transposeB: false });
  }

  /** x [N,H,W,C], filter [KH,KW,C,O], bias [O]. */
  conv2d(
    x: DeviceTensor,
    filter: DeviceTensor,
    bias: DeviceTensor | undefined,
    strides: readonly [number, number],
    dilations: readonly [number, number],
    pads: PlanePads,
  ): DeviceTensor {
    const attributes = windowAttributes(strides, dilations, pads);
    if (bias === undefined) return this.#run('Conv2D', { x, filter }, attributes);
    return this.#run('FusedConv2D', { x, filter, bias }, { ...attributes, activation: 'linear' });
  }

  /** x [N,H,W,C], filter [KH,KW,C,multiplier] → [N,H',W',C·multiplier]. */
  depthwise(
    x: DeviceTensor,
    filter: DeviceTensor,
    strides: readonly [number, number],
    dilations: readonly [number, number],
    pads: PlanePads,
  ): DeviceTensor {
    return this.#run('DepthwiseConv2dNative', { x, filter }, windowAttributes(strides, dilations, pads));
  }

  maxPool(
    x: DeviceTensor,
    kernel: readonly [number, number],
    strides: readonly [number, number],
    pads: PlanePads,
  ): DeviceTensor {
    return this.#run('MaxPool', { x }, { filterSize: kernel, ...windowAttributes(strides, [1, 1], pads) });
  }
}

function windowAttributes(
  strides: readonly [number, number],
  dilations: readonly [number, number],
  { top, bottom, left, right }: PlanePads,
) {
  const padded = top !== 0 || bottom !== 0 || left !== 0 || right !== 0;
  return {
    strides: [...strides],
    dilations: [...dilations],
    pad: padded
      ? [
          [0, 0],
          [top, bottom],
          [left, right],
          [0, 0],
        ]
      : 'valid',
    dataFormat: 'NHWC',
    dimRoundingMode: 'floor',
  };
}
