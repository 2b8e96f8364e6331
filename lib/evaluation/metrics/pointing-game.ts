/**
 * Pointing game (Zhang et al. 2016): 1 where the highest score lies on what is true, else 0; of equal highest scores the
 * share that does. Null where nothing is true or no score is above the others.
 */
export function pointingGame(scores: ArrayLike<number>, truth: ArrayLike<number>): number | null {
  let highest = -Infinity;
  let lowest = Infinity;
  let count = 0;
  let right = 0;
  let any = false;
  for (let at = 0; at < scores.length; at++) {
    lowest = Math.min(lowest, scores[at]);
    any ||= truth[at] !== 0;
    if (scores[at] < highest) continue;
    if (scores[at] > highest) {
      highest = scores[at];
      count = right = 0;
    }
    count++;
    if (truth[at]) right++;
  }
  return any && highest > lowest ? right / count : null;
}
