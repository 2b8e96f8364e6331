import type { PredictionDocument } from '../api/prediction.js';
import { SmugError } from '../errors.js';
import type { ClassNames } from '../input/class-names.js';

/**
 * The best classes of a model's output, highest first, equal ones by index.
 * @throws SmugError ENGINE_FAILED where the output is not finite
 */
export function bestClasses(
  output: Float32Array,
  top: number,
  names: ClassNames | null,
): PredictionDocument['predictions'] {
  const wrong = output.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0)
    throw new SmugError(
      'ENGINE_FAILED',
      `The model's output ${wrong} is ${output[wrong]}; check the input's preprocessing.`,
    );
  const best = [...output.keys()].sort((a, b) => output[b] - output[a] || a - b).slice(0, top);
  return best.map((index) => ({ index, label: names?.[index] ?? null, confidence: output[index] }));
}
