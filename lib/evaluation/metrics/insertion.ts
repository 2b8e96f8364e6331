import type { MaskedValues } from '../../explainers/masked-values.js';
import { maskingCurve, type MaskingCurve } from './masking-curve.js';

/**
 * Insertion (RISE; Petsiuk, Das, Saenko 2018): f while the parts return to a blank input, the highest score first. A large
 * area is good.
 */
export function insertion(
  values: MaskedValues,
  scores: ArrayLike<number>,
  steps?: number,
): Promise<MaskingCurve> {
  return maskingCurve(values, scores, 1, steps);
}
