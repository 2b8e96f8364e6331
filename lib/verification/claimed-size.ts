/** The numbers that every certificate claims of its mask. */
interface Claim {
  status: string;
  mask: readonly number[] | null;
  size: number;
  lowerBound: number;
  gap: number;
}

/** What is wrong between a mask and the size, bound and gap that are claimed of it. */
export function claimedSizeFailures({ status, mask, size, lowerBound, gap }: Claim): string[] {
  if (mask === null) return size !== 0 || gap !== 1 ? ['Without a mask the size is 0 and the gap is 1.'] : [];
  const failures: string[] = [];
  const ones = mask.reduce((sum, value) => sum + value, 0);
  if (ones !== size) failures.push(`The mask has ${ones} ones, not ${size}.`);
  if (lowerBound > size) failures.push(`The bound ${lowerBound} is above the mask's size ${size}.`);
  if (status === 'optimal' && lowerBound !== size)
    failures.push(`The status is optimal, but the size is ${size} and the bound ${lowerBound}.`);
  const expected = size === 0 ? 0 : (size - lowerBound) / size;
  if (gap !== expected) failures.push(`The gap of ${size} and ${lowerBound} is ${expected}, not ${gap}.`);
  return failures;
}
