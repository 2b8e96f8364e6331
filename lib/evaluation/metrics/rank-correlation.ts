/**
 * Spearman's rank correlation of two lists of scores: Pearson's of their ranks, equal scores sharing the mean of theirs. Null where
 * all scores of one list are equal.
 */
export function rankCorrelation(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  const [first, second] = [ranks(a), ranks(b)];
  const middle = (first.length - 1) / 2;
  let together = 0;
  let spreadA = 0;
  let spreadB = 0;
  for (let at = 0; at < first.length; at++) {
    const [x, y] = [first[at] - middle, second[at] - middle];
    together += x * y;
    spreadA += x * x;
    spreadB += y * y;
  }
  return spreadA > 0 && spreadB > 0 ? together / Math.sqrt(spreadA * spreadB) : null;
}

function ranks(scores: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: scores.length }, (_, at) => at).sort((a, b) => scores[a] - scores[b]);
  const shared = new Float64Array(order.length);
  for (let from = 0; from < order.length;) {
    let to = from;
    while (to < order.length && scores[order[to]] === scores[order[from]]) to++;
    for (let at = from; at < to; at++) shared[order[at]] = (from + to - 1) / 2;
    from = to;
  }
  return shared;
}
