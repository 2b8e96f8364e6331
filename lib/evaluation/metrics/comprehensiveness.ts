import type { MaskedValues } from '../../explainers/masked-values.js';
import { ERASER_SHARES, topShare } from './top-share.js';

/**
 * Comprehensiveness of a rationale (ERASER; DeYoung et al. 2020): f(x) − f(x without the rationale). Large: nothing of
 * what the output rests on was left out.
 */
export async function comprehensiveness(values: MaskedValues, rationale: ArrayLike<number>): Promise<number> {
  const rest = Uint8Array.from(rationale, (one) => (one ? 0 : 1));
  const [whole, without] = Array.from(await values([new Uint8Array(rest.length).fill(1), rest]));
  return whole - without;
}

/** The same for scores: the mean over the highest 1, 5, 10, 20 and 50 % of the parts (ERASER's AOPC). */
export async function comprehensivenessOfScores(
  values: MaskedValues,
  scores: ArrayLike<number>,
  shares = ERASER_SHARES,
): Promise<number> {
  const masks = shares.map((share) => topShare(scores, share).map((one) => 1 - one));
  const [whole, ...without] = Array.from(await values([new Uint8Array(scores.length).fill(1), ...masks]));
  return without.reduce((sum, value) => sum + whole - value, 0) / shares.length;
}
