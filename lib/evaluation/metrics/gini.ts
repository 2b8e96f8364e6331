/**
 * Gini index of |scores| (Chalasani et al. 2020): 0 where all parts have the same, 1 − 1/n where one part has all. Null where
 * all scores are 0.
 */
export function gini(scores: ArrayLike<number>): number | null {
  const sorted = Float64Array.from(scores, Math.abs).sort();
  const sum = sorted.reduce((total, score) => total + score, 0);
  if (!(sum > 0)) return null;
  const n = sorted.length;
  return sorted.reduce((total, score, at) => total + (2 * (at + 1) - n - 1) * score, 0) / (n * sum);
}
