import test from 'ava';
import { loadAddon } from '../../dist/addon.js';
import { shareKeptWhenHidden } from '../../dist/explainers/kept-when-hidden.js';

for (const addon of loadAddon() === null ? [null] : [loadAddon(), null]) {
  test(`${addon === null ? 'JavaScript' : 'the addon'}: of active nodes, those that keep more than gamma`, (t) => {
    const shown = Float32Array.of(2, 4, -1, 0, 1, NaN);
    const share = (hidden: number[], gamma: number) =>
      shareKeptWhenHidden(shown, Float32Array.from(hidden), gamma, addon);
    t.is(share([1.5, 2, 5, 5, 0, 5], 0.5), 1 / 3);
    t.is(share([1.5, 2.1, 5, 5, 0, 5], 0.5), 2 / 3);
    t.is(share([1.5, 2.1, 5, 5, 1e-30, 5], 0), 1);
    t.is(shareKeptWhenHidden(Float32Array.of(-1, 0), Float32Array.of(1, 1), 0, addon), 0);
  });
}
