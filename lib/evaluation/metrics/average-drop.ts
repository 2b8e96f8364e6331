import type { MaskedValues } from '../../explainers/masked-values.js';

/** Of one input; the published numbers are means over many. */
export interface ConfidenceDrop {
  /** max(0, f(x) − f(x ⊙ m)) / f(x), in [0, 1]; 0 where f(x) is 0. Small is good. */
  drop: number;
  /** 1 where f(x ⊙ m) > f(x), else 0. Large is good. */
  increase: 0 | 1;
}

/**
 * Average drop and increase in confidence (Grad-CAM++; Chattopadhay et al. 2018), as shares.
 * @param mask in [0, 1]: a choice, or scores that are normalised
 */
export async function averageDrop(
  values: MaskedValues<ArrayLike<number>>,
  mask: ArrayLike<number>,
): Promise<ConfidenceDrop> {
  const [whole, masked] = Array.from(await values([new Uint8Array(mask.length).fill(1), mask]));
  return { drop: whole > 0 ? Math.max(0, whole - masked) / whole : 0, increase: masked > whole ? 1 : 0 };
}
