import type { MaskedValues } from '../../explainers/masked-values.js';
import { maskingCurve, type MaskingCurve } from './masking-curve.js';

/** Deletion (RISE; Petsiuk, Das, Saenko 2018): f while the parts are blanked, the highest score first. A small area is good. */
export function deletion(
  values: MaskedValues,
  scores: ArrayLike<number>,
  steps?: number,
): Promise<MaskingCurve> {
  return maskingCurve(values, scores, 0, steps);
}
