import test from 'ava';
import { sufficientInputSubsets } from '../../dist/explainers/text/sufficient-input-subsets.js';
import { randomNumbers } from '../support/random-numbers.js';

/** The three procedures of Carter et al. 2019, line by line, one value of f at a time. */
function transcription(f: (features: ReadonlySet<number>) => number, n: number, tau: number): number[][] {
  const without = (S: ReadonlySet<number>, i: number) => new Set([...S].filter((j) => j !== i));
  const backSelect = (S: ReadonlySet<number>): number[] => {
    const R: number[] = [];
    while (S.size > 0) {
      let best = -1;
      for (const i of [...S].sort((a, b) => a - b))
        if (best < 0 || f(without(S, i)) > f(without(S, best))) best = i;
      S = without(S, best);
      R.push(best);
    }
    return R;
  };
  const findSIS = (R: number[]): number[] | null => {
    const S: number[] = [];
    while (f(new Set(S)) < tau) {
      const i = R.pop();
      if (i === undefined) return null;
      S.push(i);
    }
    return S;
  };
  const collection: number[][] = [];
  let S: ReadonlySet<number> = new Set(Array.from({ length: n }, (_, i) => i));
  while (f(S) >= tau) {
    const found = findSIS(backSelect(S));
    if (found === null) break;
    collection.push(found);
    if (found.length === 0) break;
    S = new Set([...S].filter((i) => !found.includes(i)));
  }
  return collection;
}

test('the collection is the one of the published procedure, on random networks', async (t) => {
  const next = randomNumbers(19);
  let subsets = 0;
  let largest = 0;
  for (let round = 0; round < 300; round++) {
    const n = 1 + Math.floor(next() * 9);
    const hidden = 1 + Math.floor(next() * 6);
    // Every other network has units that several features together must switch on.
    const joint = round % 2 === 0;
    const weights = Array.from({ length: hidden }, () =>
      Array.from({ length: n }, () => (joint ? next() : next() * 2 - 1)),
    );
    const bias = weights.map(() => (joint ? (-next() * n) / 3 : next() - 0.5));
    const out = weights.map(() => (joint ? next() : next() * 4 - 2));
    const f = (features: ReadonlySet<number>) => {
      const logit = weights.reduce((sum, row, at) => {
        const o = [...features].sort((a, b) => a - b).reduce((total, i) => total + row[i], bias[at]);
        return sum + out[at] * Math.max(0, o);
      }, 0);
      // Every third network is coarse, so that many values are equal and the order of ties matters.
      const p = 1 / (1 + Math.exp(-logit));
      return round % 3 === 0 ? Math.round(p * 8) / 8 : p;
    };
    const whole = f(new Set(Array.from({ length: n }, (_, i) => i)));
    const tau = whole * (0.7 + next() * 0.33);
    let calls = 0;
    const found = await sufficientInputSubsets(
      async (masks) => {
        calls++;
        return masks.map((mask) => f(new Set([...mask.keys()].filter((i) => mask[i]))));
      },
      n,
      tau,
    );
    t.deepEqual(
      found.map(({ features }) => features),
      transcription(f, n, tau),
    );
    for (const { features, value } of found) {
      t.is(value, f(new Set(features)));
      t.true(value >= tau);
      largest = Math.max(largest, features.length);
    }
    // One batch per step: n + 1 for the first subset, fewer for each further one.
    t.true(calls <= 2 + found.length * (n + 1));
    subsets += found.length;
  }
  t.true(subsets > 300 && largest > 4, `${subsets} subsets, of up to ${largest} features`);
});

test('what does not reach the threshold has no subset; what needs nothing has an empty one', async (t) => {
  const sum = async (masks: readonly Uint8Array[]) =>
    masks.map((mask) => mask.reduce((total, one) => total + one, 0) / 4);
  t.deepEqual(await sufficientInputSubsets(sum, 4, 1.5), []);
  t.deepEqual(await sufficientInputSubsets(sum, 4, 0), [{ features: [], value: 0 }]);
  t.deepEqual(
    (await sufficientInputSubsets(sum, 4, 0.5)).map(({ features }) => features),
    [
      [3, 2],
      [1, 0],
    ],
  );
});

test('a search is cancelled between steps', async (t) => {
  const controller = new AbortController();
  let calls = 0;
  const values = async (masks: readonly Uint8Array[]) => {
    if (++calls === 5) controller.abort();
    return masks.map((mask) => mask.reduce((total, one) => total + one, 0));
  };
  await t.throwsAsync(sufficientInputSubsets(values, 50, 50, { signal: controller.signal }), {
    code: 'ABORTED',
  });
  t.is(calls, 5);
});
