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
      // A busy machine may swallow a tick: two are waited for, however long they take.
      const counted = () => lines.filter((line) => / \(\d+ s\)$/.test(line)).length;
      for (let waited = 0; waited < 300 && counted() < 2; waited++) await setTimeout(100);
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
    const seconds = texts.flatMap((text) => / 79 cells \((\d+) s\)$/.exec(text)?.[1] ?? []).map(Number);
    t.true(seconds.length >= 2 && seconds[0] >= 1, String(seconds));
    t.true(
      seconds.slice(1).every((second, at) => second > seconds[at]),
      String(seconds),
    );
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
