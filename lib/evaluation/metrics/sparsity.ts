/** The share of an input's parts (pixels or words) that a mask keeps: smaller is sparser. 0 for an input without parts. */
export function sparsity(mask: ArrayLike<number>): number {
  let kept = 0;
  for (let at = 0; at < mask.length; at++) if (mask[at]) kept++;
  return mask.length === 0 ? 0 : kept / mask.length;
}
