import { SmugError } from '../../errors.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Operation } from '../../graph/graph.js';
import type { Tensor } from '../../tensor.js';
import type { LayerConfig } from './layer-config.js';
import type { WeightIndex } from './weights.js';

/**
 * A value while a model is converted. `shape` is the file's own, channels last, batch included;
 * `channelsFirst` says whether the graph's value has the channel axis moved to the second place.
 */
export interface LayerValue {
  name: string;
  shape: readonly number[];
  channelsFirst: boolean;
}

/** What a layer's converter works with. */
export class Layer {
  readonly #weights: WeightIndex;

  constructor(
    readonly className: string,
    readonly name: string,
    readonly config: LayerConfig,
    readonly inputs: readonly LayerValue[],
    readonly builder: GraphBuilder,
    weights: WeightIndex,
    /** 2 or 3: some defaults changed. */
    readonly kerasVersion: number,
  ) {
    this.#weights = weights;
  }

  get label(): string {
    return `layer '${this.name}' (${this.className})`;
  }

  unsupported(why: string): never {
    throw new SmugError('UNSUPPORTED_OPERATOR', `${this.label} is not supported in this form: ${why}.`);
  }

  bad(why: string): never {
    throw new SmugError('BAD_MODEL', `${this.label}: ${why}.`);
  }

  /** The layer's only input. */
  input(): LayerValue {
    if (this.inputs.length !== 1) this.bad(`it expects one input, got ${this.inputs.length}`);
    return this.inputs[0];
  }

  /** The only input, which must have `spatial` axes between batch and channels, channels first. */
  image(spatial: number): LayerValue {
    const x = this.input();
    if (x.shape.length !== spatial + 2)
      this.bad(`it expects ${spatial + 2} axes, got shape [${x.shape.join(', ')}]`);
    const format = this.config.string('data_format', 'channels_last');
    if (format !== 'channels_last') this.unsupported(`data_format '${format}'; only channels_last is`);
    return this.toChannelsFirst(x);
  }

  /** Adds a node whose result has the layout of `channelsFirst`. */
  emit(operation: Operation, inputs: string[], channelsFirst: boolean): LayerValue {
    const name = this.builder.add(operation, inputs, this.name);
    const physical = this.builder.shape(name);
    return { name, shape: channelsFirst ? channelsToLast(physical) : physical, channelsFirst };
  }

  toChannelsFirst(value: LayerValue): LayerValue {
    if (value.channelsFirst || value.shape.length < 3) return value;
    const axes = value.shape.map((_, axis) => axis);
    return this.emit(
      { op: 'transpose', perm: [0, axes.length - 1, ...axes.slice(1, -1)] },
      [value.name],
      true,
    );
  }

  /** The value in the file's own layout. */
  toPlain(value: LayerValue): LayerValue {
    if (!value.channelsFirst) return value;
    const axes = value.shape.map((_, axis) => axis);
    return this.emit({ op: 'transpose', perm: [0, ...axes.slice(2), 1] }, [value.name], false);
  }

  /** Where an axis of the file's layout is in the graph's value; negative axes count from the end. */
  axisOf(value: LayerValue, axis: number): number {
    const rank = value.shape.length;
    const resolved = axis < 0 ? axis + rank : axis;
    if (!Number.isInteger(resolved) || resolved < 0 || resolved >= rank)
      this.bad(`axis ${axis} does not exist in ${rank} axes`);
    if (!value.channelsFirst || resolved === 0) return resolved;
    return resolved === rank - 1 ? 1 : resolved + 1;
  }

  /** A weight of this layer under the first of `names` that the file has. */
  weight(...names: string[]): { name: string; shape: readonly number[]; values(): Float32Array } {
    for (const name of names) {
      const found = this.#weights.find(this.name, name);
      if (found) return { ...found, values: () => this.#weights.tensor(found.name).data };
    }
    throw new SmugError('BAD_WEIGHTS', `${this.label}: the file has no weight '${this.name}/${names[0]}'.`);
  }

  /** A weight as a constant, its axes moved by `perm` and then seen as `shape`. */
  weightConstant(
    names: string[],
    rank: number,
    perm?: readonly number[],
    shapeOf?: (shape: number[]) => number[],
  ): string {
    const { name, shape } = this.weight(...names);
    if (shape.length !== rank)
      throw new SmugError(
        'BAD_WEIGHTS',
        `Weight '${name}' has shape [${shape.join(', ')}]; ${this.label} expects ${rank} axes.`,
      );
    const tensor = this.#weights.tensor(name, perm);
    return this.constant(name, shapeOf ? { data: tensor.data, shape: shapeOf(tensor.shape) } : tensor);
  }

  /** A constant; the same weight used again is stored once. */
  constant(name: string, tensor: Tensor): string {
    const known = this.builder.constantOf(name);
    if (known && known.data === tensor.data && known.shape.join() === tensor.shape.join()) return name;
    return this.builder.constant(name, tensor);
  }

  scalar(value: number): string {
    return this.constant(`${this.name}/${value}`, { data: Float32Array.of(value), shape: [] });
  }
}

function channelsToLast(shape: readonly number[]): number[] {
  return shape.length < 3 ? [...shape] : [shape[0], ...shape.slice(2), shape[1]];
}

export type LayerConverter = (layer: Layer) => LayerValue;
