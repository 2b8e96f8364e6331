import { exactRowSign } from '../../masks/exact.js';
import type { CsrMaskProblem } from '../../masks/problem.js';
import { ERASER_SHARES, topShare } from './top-share.js';

/**
 * First-layer retention: the share of the chosen nodes that keep more than γ of what they have on the whole image when only the
 * kept pixels are left. Null where no node has something to keep.
 * @param rows one per chosen node, over the parts that `kept` is over, as `encodeMaskProblem` makes them
 */
export function firstLayerRetention(rows: CsrMaskProblem, kept: ArrayLike<number>): number | null {
  const count = rows.lower.length;
  let held = 0;
  for (let row = 0; row < count; row++) if (exactRowSign(rows, row, kept) > 0) held++;
  return count === 0 ? null : held / count;
}

/** The same for scores: the mean over the highest 1, 5, 10, 20 and 50 % of the parts. */
export function firstLayerRetentionOfScores(
  rows: CsrMaskProblem,
  scores: ArrayLike<number>,
  shares = ERASER_SHARES,
): number | null {
  if (rows.lower.length === 0) return null;
  const retained = shares.map((share) => firstLayerRetention(rows, topShare(scores, share))!);
  return retained.reduce((sum, value) => sum + value, 0) / shares.length;
}
