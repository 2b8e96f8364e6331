/**
 * Relevance mass accuracy (Arras, Osman, Samek 2022): the share of the positive scores' sum that lies on what is true. Null
 * where no score is positive or nothing is true.
 */
export function relevanceMass(scores: ArrayLike<number>, truth: ArrayLike<number>): number | null {
  let all = 0;
  let right = 0;
  let any = false;
  for (let at = 0; at < scores.length; at++) {
    const score = Math.max(0, scores[at]);
    all += score;
    if (truth[at]) right += score;
    any ||= truth[at] !== 0;
  }
  return any && all > 0 ? right / all : null;
}
