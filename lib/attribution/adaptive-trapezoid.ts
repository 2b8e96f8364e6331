/** One evaluated point of a path: F(a(α)) and its slope dF/dα = Σ_i (a_i − baseline_i)·∂F/∂a_i. */
export interface PathSample {
  alpha: number;
  value: number;
  slope: number;
}

/**
 * Where to look next on a path that smooth rules do not follow (networks of many hard thresholds make dF/dα jump).
 *
 * Between two neighbouring points the trapezoid rule gives (h/2)·(slope + slope'), and completeness says what it
 * should give: F' − F, which the forward passes already told. The difference is the interval's exact error, so the
 * intervals with the largest ones are halved. Points never leave the rule; they only share their weight.
 *
 * @param samples in any order; the ends 0 and 1 are asked for first where they are missing
 * @param count how many points to add at most; fewer where the intervals left over hold under a tenth of all error
 */
export function worstIntervals(samples: readonly PathSample[], count: number): number[] {
  const sorted = [...samples].sort((a, b) => a.alpha - b.alpha);
  const ends = [0, 1].filter((end) => !sorted.some(({ alpha }) => alpha === end));
  if (ends.length > 0) return ends;
  const halves = sorted.slice(1).map((right, at) => {
    const left = sorted[at];
    const width = right.alpha - left.alpha;
    const defect = (width / 2) * (left.slope + right.slope) - (right.value - left.value);
    return { alpha: left.alpha + width / 2, defect: Math.abs(defect) };
  });
  halves.sort((a, b) => b.defect - a.defect || a.alpha - b.alpha);
  let left = halves.reduce((sum, { defect }) => sum + defect, 0);
  const settled = left / 10;
  const chosen: number[] = [];
  for (const { alpha, defect } of halves) {
    if (chosen.length === count || (chosen.length > 0 && left <= settled)) break;
    chosen.push(alpha);
    left -= defect;
  }
  return chosen;
}

/** Trapezoid weights of points that include 0 and 1, in the order given; they sum to 1. */
export function trapezoidWeights(alphas: readonly number[]): Float64Array {
  const order = [...alphas.keys()].sort((a, b) => alphas[a] - alphas[b]);
  const weights = new Float64Array(alphas.length);
  for (let at = 1; at < order.length; at++) {
    const half = (alphas[order[at]] - alphas[order[at - 1]]) / 2;
    weights[order[at]] += half;
    weights[order[at - 1]] += half;
  }
  return weights;
}
