import { sufficientInputSubsets } from './sufficient-input-subsets.js';
import type { TextTask, WordRating } from './text-task.js';

/** What share of f on the whole text a subset must reach, unless a threshold is given. */
const DEFAULT_SHARE = 0.9;

/**
 * Sufficient input subsets of words (Carter et al. 2019), blanked words standing in for missing ones. A word's score is
 * the value of the subset it belongs to; the words kept are those of the first subset.
 */
export async function sis({ blanked, settings }: TextTask): Promise<WordRating> {
  const { signal, onProgress } = settings;
  const whole = new Uint8Array(blanked.words).fill(1);
  const [value] = await blanked.values([whole], signal);
  const threshold = settings.threshold ?? value - (1 - DEFAULT_SHARE) * Math.abs(value);
  const subsets = await sufficientInputSubsets(
    (masks) => blanked.values(masks, signal),
    blanked.words,
    threshold,
    { signal, onSubset: () => onProgress?.({ phase: 'attribution' }) },
  );
  const scores = new Float32Array(blanked.words);
  for (const subset of subsets) for (const word of subset.features) scores[word] = subset.value;
  const kept = new Uint8Array(blanked.words);
  for (const word of subsets[0]?.features ?? []) kept[word] = 1;
  return {
    scores,
    kept,
    threshold,
    subsets: subsets.map(({ features, value: reached }) => ({ words: features, value: reached })),
  };
}
