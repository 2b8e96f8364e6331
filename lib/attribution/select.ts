/**
 * D^k of the paper: the indices of the k highest scores among the positive ones, highest first; of equal scores
 * the lower index comes first. Fewer than k where fewer are positive.
 */
export function selectTopNodes(scores: ArrayLike<number>, k: number): Uint32Array {
  const positive: number[] = [];
  for (let node = 0; node < scores.length; node++) if (scores[node] > 0) positive.push(node);
  positive.sort((a, b) => scores[b] - scores[a] || a - b);
  return Uint32Array.from(positive.slice(0, k));
}
