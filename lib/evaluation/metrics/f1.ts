/** How a mask agrees with a ground-truth mask. */
export interface Agreement {
  /** Share of what is kept that is true; 0 where nothing is kept. */
  precision: number;
  /** Share of what is true that is kept; 0 where nothing is true. */
  recall: number;
  /** 2·precision·recall / (precision + recall); 0 where both are 0. */
  f1: number;
}

/** Precision, recall and F1 of a mask against a ground-truth mask of the same length. */
export function f1(mask: ArrayLike<number>, truth: ArrayLike<number>): Agreement {
  let kept = 0;
  let right = 0;
  let wanted = 0;
  for (let at = 0; at < truth.length; at++) {
    if (mask[at]) kept++;
    if (truth[at]) wanted++;
    if (mask[at] && truth[at]) right++;
  }
  return {
    precision: kept === 0 ? 0 : right / kept,
    recall: wanted === 0 ? 0 : right / wanted,
    f1: kept + wanted === 0 ? 0 : (2 * right) / (kept + wanted),
  };
}

/** The best F1 that keeping all parts above some threshold reaches. */
export function maxF1(scores: ArrayLike<number>, truth: ArrayLike<number>): number {
  const order = Array.from({ length: scores.length }, (_, at) => at).sort((a, b) => scores[b] - scores[a]);
  const wanted = order.reduce((sum, at) => sum + (truth[at] ? 1 : 0), 0);
  let best = 0;
  let right = 0;
  order.forEach((at, rank) => {
    if (truth[at]) right++;
    // A threshold cannot part equal scores.
    const ends = rank + 1 === order.length || scores[order[rank + 1]] !== scores[at];
    if (ends && wanted > 0) best = Math.max(best, (2 * right) / (rank + 1 + wanted));
  });
  return best;
}
