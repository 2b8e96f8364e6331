import type { MaskedValues } from '../../explainers/masked-values.js';
import { ERASER_SHARES, topShare } from './top-share.js';

/**
 * Sufficiency of a rationale (ERASER; DeYoung et al. 2020): f(x) − f(rationale alone). Near 0, or below: the rationale
 * suffices for the output.
 */
export async function sufficiency(values: MaskedValues, rationale: ArrayLike<number>): Promise<number> {
  const kept = Uint8Array.from(rationale, (one) => (one ? 1 : 0));
  const [whole, alone] = Array.from(await values([new Uint8Array(kept.length).fill(1), kept]));
  return whole - alone;
}

/** The same for scores: the mean over the highest 1, 5, 10, 20 and 50 % of the parts (ERASER's AOPC). */
export async function sufficiencyOfScores(
  values: MaskedValues,
  scores: ArrayLike<number>,
  shares = ERASER_SHARES,
): Promise<number> {
  const masks = shares.map((share) => topShare(scores, share));
  const [whole, ...alone] = Array.from(await values([new Uint8Array(scores.length).fill(1), ...masks]));
  return alone.reduce((sum, value) => sum + whole - value, 0) / shares.length;
}
