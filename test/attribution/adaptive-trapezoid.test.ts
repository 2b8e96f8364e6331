import test from 'ava';
import {
  trapezoidWeights,
  worstIntervals,
  type PathSample,
} from '../../dist/attribution/adaptive-trapezoid.js';
import { integratedGradients } from '../../dist/attribution/integrated-gradients.js';
import { randomNumbers } from '../random-numbers.js';
import { counted, row, smallNetwork } from './networks.js';

const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

test('trapezoid weights sum to 1 and integrate straight lines, whatever the points and their order', (t) => {
  const next = randomNumbers(21);
  for (let round = 0; round < 200; round++) {
    const alphas = [0, 1, ...Array.from({ length: Math.floor(next() * 20) }, next)].sort(() => next() - 0.5);
    const weights = trapezoidWeights(alphas);
    // 2·22 additions of numbers below 1
    t.true(Math.abs(sum(weights) - 1) < 1e-14);
    t.true(Math.abs(sum(alphas.map((alpha, at) => alpha * weights[at])) - 0.5) < 1e-14);
    t.true(weights.every((weight) => weight >= 0));
  }
});

test('the interval that holds a jump of the slope is halved, and no other', (t) => {
  // F(α) = max(0, α − 0.3): the slope is 0 before 0.3 and 1 behind.
  const at = (alpha: number): PathSample => ({
    alpha,
    value: Math.max(0, alpha - 0.3),
    slope: alpha > 0.3 ? 1 : 0,
  });
  t.deepEqual(worstIntervals([at(0.5), at(0.2)], 8), [0, 1], 'the ends come first');
  t.deepEqual(worstIntervals([0, 0.2, 0.5, 0.7, 1].map(at), 8), [0.35]);
  t.deepEqual(worstIntervals([0.35, 1, 0.2, 0, 0.5].map(at), 8), [0.275]);
});

test('of many defects the largest come first, as many as fit', (t) => {
  const samples = [0, 0.25, 0.5, 0.75, 1].map((alpha, at) => ({
    alpha,
    slope: 0,
    value: [0, 1, 4, 6, 9][at],
  }));
  t.deepEqual(worstIntervals(samples, 2), [0.375, 0.875]);
  t.is(worstIntervals(samples, 8).length, 4);
});

test('networks of many thresholds reach a tolerance that no fixed rule of as many points does', async (t) => {
  const next = randomNumbers(4);
  const draw = (rows: number, columns: number) =>
    Array.from({ length: rows }, () => Array.from({ length: columns }, () => next() * 2 - 1));
  let fixedMisses = 0;
  for (let round = 0; round < 4; round++) {
    const plain = await smallNetwork([
      { weights: draw(4, 20), bias: draw(1, 20)[0], activation: 'relu' },
      { weights: draw(20, 20), bias: draw(1, 20)[0], activation: 'relu' },
      { weights: draw(20, 1), bias: [0] },
    ]);
    const { network, counts } = counted(plain);
    const task = {
      activation: row(...draw(1, 4)[0].map((value) => 5 * value)),
      target: 0,
      output: 'logit' as const,
    };
    const adaptive = await integratedGradients({ tail: network, ...task }, { tolerance: 1e-4 });
    t.true(adaptive.completenessError! <= 1e-4);
    t.is(adaptive.steps, counts.points);
    const fixed = await integratedGradients({ tail: plain, ...task }, { steps: adaptive.steps });
    if (fixed.completenessError! > 1e-4) fixedMisses++;
    // Both are rules for the same integral; the fixed one's error is at most some gaps between its points.
    const fine = await integratedGradients({ tail: plain, ...task }, { steps: 300 });
    const scale = sum(fine.scores.map(Math.abs));
    t.true(adaptive.scores.every((score, at) => Math.abs(score - fine.scores[at]) < 0.01 * scale));
  }
  t.true(fixedMisses >= 3);
});
