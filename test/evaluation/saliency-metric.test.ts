import test from 'ava';
import { cropScore, type Crop } from '../../dist/explainers/image/crops.js';
import { gridBoxes } from '../../dist/explainers/image/boxes.js';
import { saliencyMetric, thresholdBoxes } from '../../dist/evaluation/metrics/saliency-metric.js';
import { winRates } from '../../dist/evaluation/metrics/win-rate.js';
import { randomNumbers } from '../support/random-numbers.js';

const form = { height: 5, width: 7 };

test('boxes of a map, by hand', (t) => {
  const scores = new Float32Array(35);
  scores[1 * 7 + 2] = 1;
  scores[3 * 7 + 4] = 2;
  const boxes = thresholdBoxes(scores, form);
  t.deepEqual(boxes, [
    { left: 2, top: 1, right: 5, bottom: 4 },
    { left: 4, top: 3, right: 5, bottom: 4 },
  ]);
  t.deepEqual(thresholdBoxes(new Float32Array(35), form), []);
});

test('the metric is its definition, transcribed', async (t) => {
  const next = randomNumbers(3);
  for (let round = 0; round < 60; round++) {
    const scores = Float32Array.from({ length: 35 }, () =>
      next() < 0.4 ? 0 : Math.round(next() * 6) / 2 - 0.5,
    );
    const confidenceOf = ({ left, top, right, bottom }: Crop) =>
      0.05 + (((left * 3 + top * 5 + right * 7 + bottom * 11 + round) % 17) / 17) * 0.9;
    let expected = Infinity;
    const unique = [...new Set(scores)].sort((a, b) => a - b);
    for (const threshold of [0, ...unique]) {
      const above = [...scores.keys()].filter((pixel) => scores[pixel] > threshold);
      if (above.length === 0) continue;
      const [xs, ys] = [above.map((pixel) => pixel % 7), above.map((pixel) => Math.floor(pixel / 7))];
      const box = {
        left: Math.min(...xs),
        top: Math.min(...ys),
        right: Math.max(...xs) + 1,
        bottom: Math.max(...ys) + 1,
      };
      const area = ((box.right - box.left) * (box.bottom - box.top)) / 35;
      expected = Math.min(expected, Math.log(Math.max(0.05, area)) - Math.log(confidenceOf(box)));
    }
    const found = await saliencyMetric(scores, form, async (crops) => crops.map(confidenceOf));
    if (expected < Infinity) t.true(Math.abs(found - expected) < 1e-12);
  }
});

test('at most 100 thresholds beside 0', (t) => {
  const scores = Float32Array.from({ length: 400 }, (_, at) => 1 + at);
  t.true(thresholdBoxes(scores, { height: 20, width: 20 }).length <= 101);
});

test('a small box that keeps the class scores lowest; areas below a twentieth count as one', (t) => {
  const box = { left: 0, top: 0, right: 1, bottom: 1 };
  t.is(cropScore(box, 1, { height: 100, width: 100 }), Math.log(0.05));
  t.is(cropScore({ ...box, right: 100, bottom: 100 }, 1, { height: 100, width: 100 }), 0);
});

test('boxes of the grid: every one with corners at least two cells apart, once', (t) => {
  const boxes = gridBoxes({ height: 200, width: 100 });
  t.is(boxes.length, 45 * 45);
  t.is(new Set(boxes.map((box) => JSON.stringify(box))).size, boxes.length);
  t.true(boxes.every(({ left, top, right, bottom }) => right - left >= 20 && bottom - top >= 40));
});

test('wins: the lowest metric, a draw shared, OptBox apart', (t) => {
  const rates = winRates([
    { a: -1, b: 0, 'opt-box': -5 },
    { a: 0, b: 0, 'opt-box': -5 },
    { a: 1, b: 0, 'opt-box': -5 },
    { a: -1, b: 0, 'opt-box': -5 },
  ]);
  t.deepEqual(Object.keys(rates).sort(), ['a', 'b']);
  t.is(rates.a.rate, 2.5 / 4);
  // Wins 1, ½, 0, 1: deviation √(0.6875 / 3).
  t.true(Math.abs(rates.a.error - Math.sqrt(0.6875 / 3 / 4)) < 1e-12);
  t.true(Math.abs(rates.a.rate + rates.b.rate - 1) < 1e-12);
});
