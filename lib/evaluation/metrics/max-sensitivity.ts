/**
 * Max-sensitivity (Yeh et al. 2019): the largest ‖Φ(x + noise) − Φ(x)‖ / ‖Φ(x)‖ over the noises that were tried, Φ the scores. 0 where
 * they never change; null where all scores of x are 0.
 */
export function maxSensitivity(
  scores: ArrayLike<number>,
  noisy: readonly ArrayLike<number>[],
): number | null {
  const length = distance(scores, null);
  if (length === 0) return null;
  return noisy.reduce((most, others) => Math.max(most, distance(others, scores) / length), 0);
}

/** Euclidean; from 0 where there is no other. */
function distance(values: ArrayLike<number>, others: ArrayLike<number> | null): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += (values[at] - (others === null ? 0 : others[at])) ** 2;
  return Math.sqrt(sum);
}
