// Segments, and the order in which XRAI merges them, beside scikit-image and PAIR's `saliency` (xrai-oracle.py).
import { readFileSync } from 'node:fs';
import test from 'ava';
import { felzenszwalb, pixelGraph } from '../../dist/explainers/image/xrai/felzenszwalb.js';
import { mergeSegments } from '../../dist/explainers/image/xrai/merge-segments.js';
import { dilatedSegments, overlappingSegments } from '../../dist/explainers/image/xrai/segments.js';

interface Case {
  height: number;
  width: number;
  channels: number;
  scale: number;
  minSize: number;
  radius: number;
  least: number;
  picture: number[];
  labels: number[];
  dilated: number[][];
  others: number[][];
  attribution: number[];
  scores: number[];
}

const oracle = JSON.parse(readFileSync(new URL('xrai-oracle.json', import.meta.url), 'utf8')) as {
  cases: Case[];
  whole: { segments: number; scores: number[] };
};

/** Labels in the order of their first pixels. */
function renumbered(labels: readonly number[]): number[] {
  const numbers = new Map<number, number>();
  return labels.map((label) => {
    if (!numbers.has(label)) numbers.set(label, numbers.size);
    return numbers.get(label)!;
  });
}

test('segments are those of scikit-image', (t) => {
  for (const { height, width, channels, picture, scale, minSize, labels } of oracle.cases) {
    const graph = pixelGraph({ height, width, channels, data: Float32Array.from(picture) });
    const found = felzenszwalb(graph, scale, minSize);
    t.deepEqual([...found], renumbered(labels));
    t.true(new Set(found).size > 1);
  }
});

test('segments are dilated by a disk', (t) => {
  for (const { height, width, labels, radius, dilated } of oracle.cases) {
    const found = dilatedSegments(Uint32Array.from(labels), { height, width }, radius);
    t.deepEqual(
      found.map((segment) => [...segment]),
      dilated,
    );
  }
});

test('segments are merged as the published implementation merges them', (t) => {
  for (const { attribution, dilated, others, least, scores } of oracle.cases) {
    const segments = [...dilated, ...others].map((pixels) => Uint32Array.from(pixels));
    const found = mergeSegments(attribution, segments, least);
    // Six digits stand in the oracle's file, and the scores are float32.
    found.forEach((score, pixel) => t.true(Math.abs(score - scores[pixel]) < 2e-6, `pixel ${pixel}`));
  }
});

test('no segment but a covering one: the mean everywhere; none at all: the same', (t) => {
  const attribution = [1, 2, 3, 6];
  t.deepEqual([...mergeSegments(attribution, [Uint32Array.of(0, 1, 2, 3)], 1)], [3, 3, 3, 3]);
  t.deepEqual([...mergeSegments(attribution, [], 1)], [3, 3, 3, 3]);
  t.deepEqual(
    [...mergeSegments(attribution, [Uint32Array.of(3), Uint32Array.of(0, 3)], 1)],
    [1, 2.5, 2.5, 6],
  );
});

test('a whole picture: the same regions have the same scores', (t) => {
  const side = 224;
  const data = new Float32Array(side * side * 3);
  const base = new Float64Array(side * side);
  for (let y = 0, pixel = 0; y < side; y++)
    for (let x = 0; x < side; x++, pixel++) {
      for (let c = 0; c < 3; c++)
        data[3 * pixel + c] =
          Math.sin(x / (9 + 4 * c)) * Math.cos(y / (13 - 3 * c)) +
          (Math.hypot(x - 90 - 20 * c, y - 120) < 50 ? 1 : 0);
      base[pixel] = Math.exp(-((x - 100) ** 2 + (y - 110) ** 2) / 2000) - 0.1 * Math.sin(x / 17);
    }
  const segments = overlappingSegments({ height: side, width: side, channels: 3, data });
  const scores = mergeSegments(base, segments, 50);
  const { whole } = oracle;
  let same = 0;
  for (let at = 0; at < whole.scores.length; at++) {
    const pixel = Math.floor(at / 32) * 7 * side + (at % 32) * 7;
    if (Math.abs(scores[pixel] - whole.scores[at]) < 0.02) same++;
  }
  t.log(`${segments.length} segments, ${whole.segments} there; ${same} of ${whole.scores.length} scores`);
  t.true(Math.abs(segments.length - whole.segments) <= 0.02 * whole.segments);
  // The smoothing's tail is cut at 4 sigma here and at 3 there, in float32 here: a few edges change their order.
  t.true(same >= 0.97 * whole.scores.length);
});

test('a picture of one colour, and a tiny one, have segments that cover them', (t) => {
  for (const [height, width] of [
    [6, 5],
    [40, 60],
  ]) {
    const data = new Float32Array(height * width).fill(0.5);
    const segments = overlappingSegments({ height, width, channels: 1, data });
    const covered = new Set(segments.flatMap((segment) => [...segment]));
    t.is(covered.size, height * width);
  }
});
