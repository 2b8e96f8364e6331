/** The number of ones. */
export function sizeOfMask(mask: ArrayLike<number>): number {
  let size = 0;
  for (let at = 0; at < mask.length; at++) size += mask[at] ? 1 : 0;
  return size;
}

/** Σ costs·M; without costs the number of ones. */
export function costOf(mask: ArrayLike<number>, costs?: ArrayLike<number>): number {
  let sum = 0;
  for (let j = 0; j < mask.length; j++) if (mask[j]) sum += costs ? costs[j] : 1;
  return sum;
}
