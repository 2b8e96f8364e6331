/**
 * Mean Jaccard index |A ∩ B| / |A ∪ B| over all pairs of masks: 1 where they are all the same. Two empty masks are the same. Null of
 * fewer than two.
 */
export function overlap(masks: readonly ArrayLike<number>[]): number | null {
  let sum = 0;
  for (let a = 0; a < masks.length; a++) for (let b = 0; b < a; b++) sum += jaccard(masks[a], masks[b]);
  const pairs = (masks.length * (masks.length - 1)) / 2;
  return pairs === 0 ? null : sum / pairs;
}

function jaccard(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let both = 0;
  let either = 0;
  for (let at = 0; at < a.length; at++) {
    if (a[at] && b[at]) both++;
    if (a[at] || b[at]) either++;
  }
  return either === 0 ? 1 : both / either;
}
