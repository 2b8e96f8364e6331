import { BestCrop, type Confidences, type Crop, type Form, type ScoredCrop } from './crops.js';

/** Crops that are asked about precisely, at least: from so many one sees how far off the rough scores are. */
const LEAST_CONFIRMED = 32;
/** How many times as far off as any confirmed crop's a rough score may be. */
const SAFETY = 2;
/** Crops confirmed between two looks at which others can still be better. */
const CONFIRMED_AT_ONCE = 16;

/**
 * `bestCrop` where a rougher network answers sooner: it reads all crops that can be the best, and the precise one confirms those
 * whose rough score is near the best. How near is seen from the crops that both have read: a crop is left unconfirmed only where
 * its rough score would have to be off by more than twice as much as that of any of them, of which there are 32 or more.
 * @param confidences the class's probability on crops
 * @param rough about the same, sooner
 */
export async function screenedBestCrop(
  crops: readonly Crop[],
  form: Form,
  confidences: Confidences,
  rough: Confidences,
): Promise<{ crop: Crop; score: number }> {
  const best = new BestCrop(crops, form);
  let farthestOff = 0;
  const confirmed = new Set<number>();
  const confirm = async (guesses: readonly ScoredCrop[]) => {
    const certain = await best.scored(
      guesses.map(({ at }) => at),
      confidences,
    );
    certain.forEach((one, of) => {
      farthestOff = Math.max(farthestOff, Math.abs(one.score - guesses[of].score));
      best.take(one);
      confirmed.add(one.at);
    });
  };

  const guesses: ScoredCrop[] = [];
  for (const part of best.hopeful()) {
    const guessed = await best.scored(part, rough);
    guesses.push(...guessed);
    // A low score that is certain leaves large boxes out.
    const lowest = guessed.reduce((low, one) => (one.score < low.score ? one : low));
    if (lowest.score < best.score) await confirm([lowest]);
  }

  guesses.sort((a, b) => a.score - b.score);
  const open = guesses.filter(({ at }) => !confirmed.has(at));
  for (let from = 0; from < open.length; from += CONFIRMED_AT_ONCE) {
    const some = open
      .slice(from, from + CONFIRMED_AT_ONCE)
      .filter(({ score }) => confirmed.size < LEAST_CONFIRMED || best.mayBeat(score - SAFETY * farthestOff));
    if (some.length === 0) break;
    await confirm(some);
  }
  return best.found;
}
