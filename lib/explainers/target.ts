import { findClass, type ClassNames } from '../input/class-names.js';

/** The explained class. `label` is null where the model declares no names. */
export interface Target {
  index: number;
  label: string | null;
  /** The network's probability for it, whatever output is attributed. */
  confidence: number;
}

/**
 * The class to explain: the predicted one, or the one asked for by index or label.
 * @throws SmugError UNKNOWN_CLASS
 */
export function chooseTarget(
  probabilities: Float32Array,
  names: ClassNames | null,
  wanted: number | string | undefined,
): Target {
  const index =
    wanted === undefined ? largest(probabilities) : findClass(wanted, names, probabilities.length);
  return { index, label: names?.[index] ?? null, confidence: probabilities[index] };
}

function largest(values: Float32Array): number {
  let best = 0;
  for (let at = 1; at < values.length; at++) if (values[at] > values[best]) best = at;
  return best;
}
