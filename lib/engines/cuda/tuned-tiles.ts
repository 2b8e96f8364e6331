import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, keepInCache } from '../../addon/cache-folder.js';
import { ownVersion } from '../../addon/places.js';
import type { CudaPart } from './addon-part.js';

type Tuned = Pick<CudaPart, 'information' | 'choiceCount' | 'choices' | 'takeChoices'>;

const known = new WeakMap<Tuned, () => void>();

/**
 * Which kernel a layer runs on is timed once a card, not once a process: what another process found out for this card,
 * driver and version is taken from the user's cache folder, so that the first explanation starts at once and every process
 * computes the same bits. Gives a function that keeps what has been found out since. A file that is damaged, or of
 * something else, is passed over (native/cuda/algorithms.h).
 */
export function rememberTiles(part: Tuned): () => void {
  const before = known.get(part);
  if (before) return before;
  const { device, capability, driver } = part.information();
  if (capability === '0.0') return () => {}; // the emulated device, which has no times
  const card = createHash('sha256').update(JSON.stringify([device, capability, driver, ownVersion()]));
  const file = join(cacheFolder(), `cuda-tiles-${card.digest('hex').slice(0, 32)}.txt`);
  try {
    part.takeChoices(readFileSync(file, 'utf8'));
  } catch {
    // The first process on this card.
  }
  let kept = part.choiceCount();
  const keep = () => {
    const count = part.choiceCount();
    if (count === kept) return;
    kept = count;
    keepInCache(file, part.choices());
  };
  known.set(part, keep);
  return keep;
}
