import type { VerifyProgress } from '../progress.js';
import { OutOfTime, type Work } from '../work.js';
import type { MaskedClass } from './masked-class.js';

/** Masks that are tried one by one at most. */
const MOST_MASKS = 250_000;

export interface TriedMasks {
  /** One that keeps the class; null where none does. */
  found: number[] | null;
  tried: number;
  /** Why not all there are were tried; null where they were. */
  missed: 'many' | 'time' | null;
}

/** Time, and who is told how much of it goes. */
export interface TryingMeans {
  work: Work;
  onProgress?: (progress: VerifyProgress) => void;
}

/**
 * Tries every mask of fewer than `limit` pixels where these are few enough; else those that are one pixel smaller than the one given, which
 * a bound that is as large as it excludes too.
 */
export async function trySmaller(
  masked: MaskedClass,
  target: number,
  limit: number,
  known: readonly number[] | null,
  { work, onProgress }: TryingMeans,
): Promise<TriedMasks> {
  const { pixels } = masked;
  const all = masksBelow(pixels.length, limit);
  const few = all <= MOST_MASKS;
  const near = known ?? pixels;
  const of = few ? all : oneFewerCount(near.length, limit);
  const tried: TriedMasks = { found: null, tried: 0, missed: few ? null : 'many' };
  try {
    for (const kept of few ? subsets(pixels, limit) : oneFewer(near, limit)) {
      // A run of any network takes long enough to look at the clock.
      if (work.due(Infinity)) {
        onProgress?.({ stage: 'masks', done: tried.tried, of });
        await work.turn();
      }
      tried.tried++;
      if (!masked.holds(masked.logits(new Set(kept)), target)) continue;
      return { ...tried, found: [...kept] };
    }
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error;
    tried.missed ??= 'time';
  }
  return tried;
}

/** How many subsets have fewer than `limit` elements. */
function masksBelow(elements: number, limit: number): number {
  let all = 0;
  let some = 1;
  for (let size = 0; size < Math.min(limit, elements + 1); size++) {
    all += some;
    if (all > MOST_MASKS) return Infinity;
    some = (some * (elements - size)) / (size + 1);
  }
  return all;
}

/** Every subset of fewer than `limit` elements, once. */
function* subsets(
  elements: readonly number[],
  limit: number,
  from = 0,
  taken: number[] = [],
): Generator<number[]> {
  if (taken.length >= limit) return;
  yield taken;
  for (let at = from; at < elements.length; at++)
    yield* subsets(elements, limit, at + 1, [...taken, elements[at]]);
}

/** How many masks `oneFewer` gives. */
function oneFewerCount(elements: number, limit: number): number {
  return (elements < limit ? 1 : 0) + (elements - 1 < limit ? elements : 0);
}

/** All but one; where the bound says nothing of their size, none. */
function* oneFewer(elements: readonly number[], limit: number): Generator<number[]> {
  if (elements.length < limit) yield [...elements];
  if (elements.length - 1 >= limit) return;
  for (const left of elements) yield elements.filter((one) => one !== left);
}
