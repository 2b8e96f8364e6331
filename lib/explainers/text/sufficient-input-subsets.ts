import { throwIfAborted } from '../../errors.js';
import type { MaskedValues } from '../masked-values.js';

/** One sufficient input subset. */
export interface SufficientSubset {
  /** Features, the one that backward selection kept longest first. */
  features: number[];
  /** f with these features alone. */
  value: number;
}

/**
 * Sufficient input subsets (Carter, Mueller, Jain, Gifford: *What made you do this? Understanding black-box decisions
 * with sufficient input subsets*, AISTATS 2019): the whole collection of disjoint subsets S with f(x_S) ≥ τ.
 *
 * Backward selection takes features out one by one, each time the one whose absence leaves f highest (of equal ones the
 * first); a subset is then built from the feature taken out last backwards, until it suffices. Its features are set
 * aside, and the search goes on for as long as what is left suffices. f is asked for all candidates of a step at once:
 * some n²/2 values per subset.
 *
 * @param features number of features n
 * @returns the subsets in the order found; none where f(x) < τ; one empty subset where f of the blank input reaches τ
 */
export async function sufficientInputSubsets(
  values: MaskedValues,
  features: number,
  threshold: number,
  { signal, onSubset }: { signal?: AbortSignal; onSubset?: (subset: SufficientSubset) => void } = {},
): Promise<SufficientSubset[]> {
  const subsets: SufficientSubset[] = [];
  const left = new Uint8Array(features).fill(1);
  const [blank] = Array.from(await values([new Uint8Array(features)]));
  for (;;) {
    throwIfAborted(signal);
    const [whole] = Array.from(await values([left]));
    if (whole < threshold) return subsets;
    const subset =
      blank >= threshold
        ? { features: [], value: blank }
        : lastTakenOut(await backwardSelection(values, left, whole, signal), threshold);
    subsets.push(subset);
    onSubset?.(subset);
    // An empty subset leaves everything as it was: there is nothing further to find.
    if (subset.features.length === 0) return subsets;
    for (const feature of subset.features) left[feature] = 0;
  }
}

/** A feature, and f of those that were still there when it was about to be taken out: itself and the later ones. */
interface Taken {
  feature: number;
  value: number;
}

async function backwardSelection(
  values: MaskedValues,
  from: Uint8Array,
  whole: number,
  signal: AbortSignal | undefined,
): Promise<Taken[]> {
  const present = from.slice();
  const taken: Taken[] = [];
  let value = whole;
  for (let count = present.reduce((sum, one) => sum + one, 0); count > 0; count--) {
    throwIfAborted(signal);
    const candidates = [...present.keys()].filter((feature) => present[feature]);
    const without = await values(
      candidates.map((feature) => {
        const mask = present.slice();
        mask[feature] = 0;
        return mask;
      }),
    );
    let best = 0;
    for (let at = 1; at < candidates.length; at++) if (without[at] > without[best]) best = at;
    taken.push({ feature: candidates[best], value });
    present[candidates[best]] = 0;
    value = without[best];
  }
  return taken;
}

/** The shortest run of features taken out last that reaches the threshold; `taken[0]` alone is known to. */
function lastTakenOut(taken: readonly Taken[], threshold: number): SufficientSubset {
  let at = taken.length - 1;
  while (at > 0 && taken[at].value < threshold) at--;
  return {
    features: taken
      .slice(at)
      .map(({ feature }) => feature)
      .reverse(),
    value: taken[at].value,
  };
}
