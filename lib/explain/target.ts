import { SmugError } from '../errors.js';
import type { ClassNames } from '../input/class-names.js';

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
  const index = wanted === undefined ? largest(probabilities) : indexOf(wanted, probabilities.length, names);
  return { index, label: names?.[index] ?? null, confidence: probabilities[index] };
}

function indexOf(wanted: number | string, classes: number, names: ClassNames | null): number {
  if (typeof wanted === 'string' && names !== null) {
    const exact = names.indexOf(wanted);
    if (exact >= 0 && exact < classes) return exact;
    const folded = wanted.trim().toLowerCase();
    const matching = [...names.keys()].filter((at) => at < classes && names[at]?.toLowerCase() === folded);
    if (matching.length === 1) return matching[0];
    if (matching.length > 1)
      throw new SmugError(
        'UNKNOWN_CLASS',
        `target '${wanted}' names ${matching.length} classes (${matching.join(', ')}); give an index.`,
      );
  }
  const index = typeof wanted === 'number' ? wanted : /^\d+$/.test(wanted) ? Number(wanted) : -1;
  if (index >= 0 && index < classes) return index;
  const near = typeof wanted === 'string' ? suggestions(wanted, names) : '';
  throw new SmugError(
    'UNKNOWN_CLASS',
    `The model has no class '${wanted}': expected an index from 0 to ${classes - 1}` +
      `${names === null ? '; it declares no class names' : ' or a declared name'}.${near}`,
  );
}

function suggestions(wanted: string, names: ClassNames | null): string {
  const folded = wanted.toLowerCase();
  const near = (names ?? []).filter((name) => name?.toLowerCase().includes(folded)).slice(0, 5);
  return folded !== '' && near.length > 0 ? ` Names that contain it: ${near.join('; ')}.` : '';
}

function largest(values: Float32Array): number {
  let best = 0;
  for (let at = 1; at < values.length; at++) if (values[at] > values[best]) best = at;
  return best;
}
