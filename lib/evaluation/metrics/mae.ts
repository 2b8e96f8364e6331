/** Mean absolute difference between values in [0, 1] (a mask, or normalised scores) and a ground-truth mask. */
export function mae(values: ArrayLike<number>, truth: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < truth.length; at++) sum += Math.abs(values[at] - (truth[at] ? 1 : 0));
  return truth.length === 0 ? 0 : sum / truth.length;
}

/** Scores moved and scaled to [0, 1]; all 0 where they are all equal. */
export function normalised(scores: ArrayLike<number>): Float64Array {
  const all = Float64Array.from(scores);
  const least = all.reduce((a, b) => Math.min(a, b), Infinity);
  const most = all.reduce((a, b) => Math.max(a, b), -Infinity);
  return all.map((score) => (most > least ? (score - least) / (most - least) : 0));
}

/** The smallest such difference that keeping all parts above some threshold, or none, reaches. */
export function minMae(scores: ArrayLike<number>, truth: ArrayLike<number>): number {
  const order = Array.from({ length: scores.length }, (_, at) => at).sort((a, b) => scores[b] - scores[a]);
  let wrong = order.reduce((sum, at) => sum + (truth[at] ? 1 : 0), 0);
  let least = wrong;
  order.forEach((at, rank) => {
    wrong += truth[at] ? -1 : 1;
    const ends = rank + 1 === order.length || scores[order[rank + 1]] !== scores[at];
    if (ends) least = Math.min(least, wrong);
  });
  return order.length === 0 ? 0 : least / order.length;
}
