/** What is hidden from the network, and what that costs: the same for every method. */
export interface HidingTrials {
  /** Per trial a mask, 0 where a part is hidden. */
  masks: readonly Uint8Array[];
  /** Per trial f(x) − f(x with these parts hidden). */
  drops: ArrayLike<number>;
}

/**
 * Infidelity (Yeh et al. 2019): the mean over the trials of (β·Σ scores of what is hidden − the drop of f)². Scores have a unit of
 * their own in most methods, so β is the scale, 0 or more, that makes it least, as the paper has it: 0 where hidden scores foretell
 * every drop in proportion, the mean square of the drops where they foretell nothing.
 */
export function infidelity(scores: ArrayLike<number>, { masks, drops }: HidingTrials): number {
  const hidden = masks.map((mask) => mask.reduce((sum, kept, at) => (kept ? sum : sum + scores[at]), 0));
  const together = hidden.reduce((sum, score, at) => sum + score * drops[at], 0);
  const squares = hidden.reduce((sum, score) => sum + score * score, 0);
  // A negative scale would praise a map that is upside down.
  const scale = squares > 0 ? Math.max(0, together / squares) : 0;
  return hidden.reduce((sum, score, at) => sum + (scale * score - drops[at]) ** 2, 0) / masks.length;
}

/** Squares per longer side of the image. */
const SQUARES = 14;

/** One mask per square of a grid over the image, 0 in that square; those at the right and lower border may be cut. */
export function squareMasks({ height, width }: { height: number; width: number }): Uint8Array[] {
  const side = Math.max(1, Math.round(Math.max(height, width) / SQUARES));
  const masks: Uint8Array[] = [];
  for (let top = 0; top < height; top += side)
    for (let left = 0; left < width; left += side) {
      const mask = new Uint8Array(height * width).fill(1);
      const right = Math.min(left + side, width);
      for (let y = top; y < Math.min(top + side, height); y++)
        mask.fill(0, y * width + left, y * width + right);
      masks.push(mask);
    }
  return masks;
}
