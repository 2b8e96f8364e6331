import test from 'ava';
import { setTimeout } from 'node:timers/promises';
import { Progress, solvingText } from '../../dist/cli/progress.js';

test.serial(
  'a live line counts its seconds until it is cleared, and never outgrows the terminal',
  async (t) => {
    const { stderr } = process;
    const [write, isTTY, columns] = [stderr.write, stderr.isTTY, stderr.columns];
    const lines: string[] = [];
    stderr.write = (text: string | Uint8Array) => lines.push(String(text)) > 0;
    Object.assign(stderr, { isTTY: true, columns: 40 });
    try {
      const progress = new Progress();
      await setTimeout(150);
      progress.update('digit.png: solving, 79 cells');
      await setTimeout(2300);
      progress.clear();
      const drawn = lines.length;
      await setTimeout(1200);
      t.is(lines.length, drawn);
    } finally {
      stderr.write = write;
      Object.assign(stderr, { isTTY, columns });
    }
    const texts = lines.map((line) => line.replace('\r\x1b[K', ''));
    t.is(texts[0], 'digit.png: solving, 79 cells');
    t.true(texts.includes('digit.png: solving, 79 cells (1 s)'));
    t.true(texts.includes('digit.png: solving, 79 cells (2 s)'));
    t.is(texts.at(-1), '');
    t.true(texts.every((text) => text.length < 40));
  },
);

test('what is said of a search that has met its bound is that it is being confirmed', (t) => {
  t.is(solvingText({ size: 87, lowerBound: 59 }), 'between 59 and 87 cells');
  t.is(solvingText({ size: null, lowerBound: 0 }), 'between 0 and ? cells');
  t.regex(solvingText({ size: 79, lowerBound: 79 }), /^79 cells, confirming/);
  t.is(
    solvingText({ size: 79, lowerBound: 79, stage: 'choosing' }),
    '79 cells, choosing among the smallest masks',
  );
});
