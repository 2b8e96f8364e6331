/**
 * Entropy of |scores| as shares of their sum, in nats (complexity; Bhatt, Weller, Moura 2020): ln n where all parts have the
 * same, 0 where one part has all. Null where all scores are 0.
 */
export function entropy(scores: ArrayLike<number>): number | null {
  const sizes = Float64Array.from(scores, Math.abs);
  const sum = sizes.reduce((total, score) => total + score, 0);
  if (!(sum > 0)) return null;
  return sizes.reduce((total, size) => (size > 0 ? total - (size / sum) * Math.log(size / sum) : total), 0);
}
