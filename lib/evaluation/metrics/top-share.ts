/** The shares of an input that ERASER takes when a method gives scores rather than a mask. */
export const ERASER_SHARES: readonly number[] = [0.01, 0.05, 0.1, 0.2, 0.5];

/** The highest `share` of the parts, rounded up, as a mask; of equal scores the first. */
export function topShare(scores: ArrayLike<number>, share: number): Uint8Array {
  const order = Array.from({ length: scores.length }, (_, at) => at);
  order.sort((a, b) => scores[b] - scores[a] || a - b);
  const mask = new Uint8Array(scores.length);
  for (const at of order.slice(0, Math.ceil(share * scores.length))) mask[at] = 1;
  return mask;
}
