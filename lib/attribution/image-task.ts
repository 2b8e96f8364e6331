import { argumentFault } from '../errors.js';
import type { AttributionTask } from './attribution.js';

/** The parts of a task that methods with baselines in image space need; an error for tasks without an image. */
export function baselineInputs(
  { input, activationsOf }: AttributionTask,
  method: string,
): {
  input: NonNullable<AttributionTask['input']>;
  activationsOf: NonNullable<AttributionTask['activationsOf']>;
} {
  if (input === undefined || activationsOf === undefined) {
    throw argumentFault(
      `The attribution method '${method}' needs an image as its input; use integrated-gradients, gradients or ` +
        'activations here.',
    );
  }
  return { input, activationsOf };
}
