/**
 * Area under the ROC curve of scores against a ground-truth mask: the chance that a true part scores higher than another
 * one, equal scores counting half (Mann and Whitney's U over the number of pairs). Null where the truth is all one kind.
 */
export function auc(scores: ArrayLike<number>, truth: ArrayLike<number>): number | null {
  const order = Array.from({ length: scores.length }, (_, at) => at).sort((a, b) => scores[a] - scores[b]);
  let positives = 0;
  let rankSum = 0;
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && scores[order[to]] === scores[order[from]]) to++;
    // Ranks count from 1; equal scores share their mean.
    const rank = (from + 1 + to) / 2;
    for (const at of order.slice(from, to)) {
      if (!truth[at]) continue;
      positives++;
      rankSum += rank;
    }
    from = to;
  }
  const negatives = scores.length - positives;
  if (positives === 0 || negatives === 0) return null;
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives);
}
