import test from 'ava';
import { loadAddon } from '../../dist/addon.js';
import { selectTopNodes } from '../../dist/attribution/select.js';
import { testWith, type Need } from '../support/needs.js';
import { randomNumbers } from '../support/random-numbers.js';

const nodesAddon: Need = {
  missing: typeof loadAddon()?.topNodes === 'function' ? null : 'no addon that chooses nodes',
  required: false,
};

/** Both ways there are, or the one. */
const ways = loadAddon() === null ? [null] : [loadAddon(), null];

for (const addon of ways) {
  const name = addon === null ? 'JavaScript' : 'the addon';

  test(`${name}: the k best positive nodes, the lower index first among equals`, (t) => {
    const top = (scores: Float32Array, k: number) => [...selectTopNodes(scores, k, addon)];
    const scores = Float32Array.of(0.5, -3, 2, 0, 2, 0.5, 0.1, -0, Number.NaN);
    t.deepEqual(top(scores, 3), [2, 4, 0]);
    t.deepEqual(top(scores, 100), [2, 4, 0, 5, 6]);
    t.deepEqual(top(new Float32Array(0), 5), []);
    // The same by sorting all of them, also from the middle of a buffer.
    const many = Float32Array.from({ length: 5000 }, (_, at) =>
      Math.fround(Math.sin(at * 7.3) ** 9),
    ).subarray(17);
    const sorted = [...many.keys()].filter((at) => many[at] > 0).sort((a, b) => many[b] - many[a] || a - b);
    for (const k of [0, 1, 300, 2000, 5000]) t.deepEqual(top(many, k), sorted.slice(0, k));
    t.deepEqual(top(Float32Array.of(1, Infinity, 1e-45), 2), [1, 0]);
  });
}

testWith(nodesAddon)('the addon chooses what JavaScript chooses, however scores are spread', (t) => {
  const next = randomNumbers(3);
  // Nearly all zero, few values over and over, the highest beside each other, many orders of magnitude.
  const kinds = [
    () => (next() < 0.98 ? 0 : next()),
    () => Math.floor(next() * 4) / 4,
    (at: number) => (at < 900 ? 2 + next() : next()),
    () => (next() - 0.5) ** 31,
  ];
  for (const kind of kinds) {
    const scores = Float32Array.from({ length: 40_000 }, (_, at) => kind(at));
    for (const k of [1, 17, 1000, 39_999])
      t.deepEqual(selectTopNodes(scores, k, loadAddon()), selectTopNodes(scores, k, null));
  }
});
