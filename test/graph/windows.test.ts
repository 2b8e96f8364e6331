import test from 'ava';
import { averageDivisor, samePadding, windowCount, type Window } from '../../dist/graph/windows.js';

/** Windows counted one by one: those that fit into the padded input, and with `ceil` those that begin in it. */
function countByHand(size: number, window: Window, ceil: boolean): number {
  const { kernel, stride, padBegin, padEnd, dilation } = window;
  const extent = dilation * (kernel - 1) + 1;
  const padded = size + padBegin + padEnd;
  if (extent > padded) return 0;
  let count = 0;
  for (let start = 0; ; start += stride) {
    const fits = start + extent <= padded;
    const before = start - stride + extent;
    const overhangs = ceil && before < padded && start < size + padBegin;
    if (!fits && !overhangs) return count;
    count++;
  }
}

test('the number of windows is what counting them one by one gives', (t) => {
  for (let size = 1; size <= 9; size++)
    for (let kernel = 1; kernel <= 4; kernel++)
      for (let stride = 1; stride <= 4; stride++)
        for (const dilation of [1, 2])
          for (const [padBegin, padEnd] of [
            [0, 0],
            [1, 0],
            [0, 1],
            [1, 1],
          ])
            for (const ceil of [false, true]) {
              if (Math.max(padBegin, padEnd) >= kernel) continue;
              const window = { kernel, stride, padBegin, padEnd, dilation };
              t.is(
                windowCount(size, window, ceil),
                countByHand(size, window, ceil),
                JSON.stringify({ size, ...window, ceil }),
              );
            }
});

test('same padding gives ⌈size / stride⌉ windows and puts the odd element where asked', (t) => {
  for (let size = 1; size <= 12; size++)
    for (let kernel = 1; kernel <= 5; kernel++)
      for (let stride = 1; stride <= 3; stride++) {
        const [begin, end] = samePadding(size, kernel, stride, 1);
        t.true(end - begin === 0 || end - begin === 1);
        t.is(
          windowCount(size, { kernel, stride, padBegin: begin, padEnd: end, dilation: 1 }),
          Math.ceil(size / stride),
        );
        t.deepEqual(samePadding(size, kernel, stride, 1, 'begin'), [end, begin]);
      }
});

test('an average counts declared padding when asked, and never the overhang', (t) => {
  const window = { kernel: 3, stride: 2, padBegin: 1, padEnd: 1, dilation: 1 };
  t.is(averageDivisor(4, window, -1, true), 3);
  t.is(averageDivisor(4, window, -1, false), 2);
  // Positions 3, 4 and 5 of an input of four: one inside, one padding, one overhang.
  t.is(averageDivisor(4, window, 3, true), 2);
  t.is(averageDivisor(4, window, 3, false), 1);
});
