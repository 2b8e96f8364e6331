/** One evaluated point of a path, F(a(α)) there and, where it was asked for, dF/dα from the gradient. */
export interface PathSample {
  alpha: number;
  value: number;
  slope?: number;
}

/**
 * Where to look next on a path that smooth rules do not follow (networks of many hard thresholds make dF/dα jump).
 *
 * Between two neighbouring points the trapezoid rule gives (h/2)·(slope + slope'), and completeness says what it
 * should give: F' − F, which the forward passes already told. The intervals that miss most are halved.
 *
 * Slopes that are not given are taken from the values around a point (the parabola through three of them). F is
 * continuous, so that float32 rounding does not change it where it flips a threshold and with it a gradient: from
 * values alone every engine refines a path at the same points. Slopes from gradients see more.
 *
 * Points never leave the rule; they only share their weight.
 *
 * @param samples in any order; the ends 0 and 1 are asked for first where they are missing
 * @param count how many points to add at most; fewer where the intervals left over hold under a tenth of all error
 */
export function worstIntervals(samples: readonly PathSample[], count: number): number[] {
  const sorted = [...samples].sort((a, b) => a.alpha - b.alpha);
  const ends = [0, 1].filter((end) => !sorted.some(({ alpha }) => alpha === end));
  if (ends.length > 0) return ends;
  const slopes = slopesThrough(sorted);
  const halves = sorted.slice(1).map((right, at) => {
    const left = sorted[at];
    const width = right.alpha - left.alpha;
    const defect = (width / 2) * (slopes[at] + slopes[at + 1]) - (right.value - left.value);
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

/** The known slope of every point, or that of the parabola through it and its neighbours (ends: the next two). */
function slopesThrough(sorted: readonly PathSample[]): number[] {
  const widths = sorted.slice(1).map(({ alpha }, at) => alpha - sorted[at].alpha);
  const rises = sorted.slice(1).map(({ value }, at) => (value - sorted[at].value) / widths[at]);
  const last = rises.length - 1;
  if (last === 0) return [rises[0], rises[0]];
  return sorted.map(({ slope }, at) => {
    if (slope !== undefined) return slope;
    const [before, after] = at === 0 ? [1, 0] : at > last ? [last - 1, last] : [at - 1, at];
    const bend = (rises[after] - rises[before]) / (widths[after] + widths[before]);
    return at === 0
      ? rises[0] + bend * widths[0]
      : at > last
        ? rises[last] + bend * widths[last]
        : rises[before] + bend * widths[before];
  });
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

/** Those of the rule that has both ends and of the points between every other one alone, the first or the second; the others weigh 0. */
export function halfWeights(alphas: readonly number[], parity: number): Float64Array {
  const order = [...alphas.keys()].sort((a, b) => alphas[a] - alphas[b]);
  const kept = order.filter((_, at) => at === 0 || at === order.length - 1 || at % 2 === parity);
  const weights = new Float64Array(alphas.length);
  trapezoidWeights(kept.map((at) => alphas[at])).forEach((weight, at) => (weights[kept[at]] = weight));
  return weights;
}
