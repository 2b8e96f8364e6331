/**
 * How far a mask may be from the smallest: (size − lowerBound) / size. 0 for an empty mask, which nothing is smaller
 * than; 1 where there is no mask.
 */
export function gapOf(mask: unknown, size: number, lowerBound: number): number {
  if (mask === null) return 1;
  return size === 0 ? 0 : (size - lowerBound) / size;
}
