import { SmugError } from '../../errors.js';
import type { OnnxAttribute, OnnxTensor } from './schema.js';

/** Attributes of one node, by name and type; undefined when absent. */
export class Attributes {
  readonly #byName = new Map<string, OnnxAttribute>();
  readonly #label: string;

  constructor(attributes: readonly OnnxAttribute[], label: string) {
    this.#label = label;
    for (const attribute of attributes) this.#byName.set(attribute.name ?? '', attribute);
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** A whole number; absent values are 0 in protobuf, so an attribute that is there always has one. */
  int(name: string): number | undefined;
  int(name: string, otherwise: number): number;
  int(name: string, otherwise?: number): number | undefined {
    const attribute = this.#byName.get(name);
    return attribute === undefined ? otherwise : (attribute.int ?? 0);
  }

  float(name: string): number | undefined;
  float(name: string, otherwise: number): number;
  float(name: string, otherwise?: number): number | undefined {
    const attribute = this.#byName.get(name);
    if (attribute === undefined) return otherwise;
    const value = attribute.float ?? 0;
    if (Number.isNaN(value))
      throw new SmugError('BAD_MODEL', `${this.#label}: attribute '${name}' is not a number.`);
    return value;
  }

  string(name: string, otherwise: string): string {
    const bytes = this.#byName.get(name)?.string;
    return bytes === undefined ? otherwise : new TextDecoder().decode(bytes);
  }

  ints(name: string): number[] | undefined {
    const attribute = this.#byName.get(name);
    return attribute === undefined || attribute.floats.length > 0 ? undefined : attribute.ints;
  }

  floats(name: string): number[] | undefined {
    const attribute = this.#byName.get(name);
    return attribute === undefined || attribute.ints.length > 0 ? undefined : attribute.floats;
  }

  tensor(name: string): OnnxTensor | undefined {
    return this.#byName.get(name)?.tensor;
  }
}
