import { SmugError } from '../errors.js';
import type { ModelInput } from './model.js';

/**
 * The shape a data input gets: the caller's, which must agree with what the file fixes, or else the declared
 * one with batch 1.
 */
export function resolveInputShape(input: ModelInput, given: readonly number[] | undefined): number[] {
  const declared = input.shape;
  if (input.unshaped && given !== undefined) return [...given];
  const show = (shape: readonly number[]) => `[${shape.map((d) => (d < 0 ? '?' : d)).join(', ')}]`;
  if (given === undefined) {
    const shape = declared.map((size, axis) => (size < 0 && axis === 0 ? 1 : size));
    if (input.unshaped || shape.some((size) => size < 0))
      throw new SmugError(
        'BAD_INPUT',
        `Input '${input.name}' has shape ${show(declared)}: give a shape for its open dimensions.`,
      );
    return shape;
  }
  const fits =
    declared.length === given.length && declared.every((size, axis) => size < 0 || size === given[axis]);
  if (!fits) {
    const batch = given[0] === 1 && declared[0] > 1 && declared.length === given.length;
    throw new SmugError(
      'BAD_INPUT',
      `Input '${input.name}' expects shape ${show(declared)}, got [${given.join(', ')}].` +
        (batch
          ? ` The file fixes ${declared[0]} samples per call: export it with a batch of 1, or with an open batch axis.`
          : ''),
    );
  }
  return [...given];
}
