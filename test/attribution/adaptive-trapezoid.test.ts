import test from 'ava';
import {
  trapezoidWeights,
  worstIntervals,
  type PathSample,
} from '../../dist/attribution/adaptive-trapezoid.js';
import { integratedGradients } from '../../dist/attribution/integrated-gradients.js';
import { randomNumbers } from '../support/random-numbers.js';
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

test('around a jump of the slope intervals are halved, and nowhere else', (t) => {
  // F(α) = max(0, α − 0.31): the slope is 0 before 0.31 and 1 behind.
  const at = (alpha: number): PathSample => ({ alpha, value: Math.max(0, alpha - 0.31) });
  t.deepEqual(worstIntervals([at(0.5), at(0.2)], 8), [0, 1], 'the ends come first');
  const points = Array.from({ length: 11 }, (_, step) => step / 10);
  for (let round = 0; round < 8; round++) {
    const added = worstIntervals(points.sort(() => Math.sin(round)).map(at), 8);
    t.true(added.length <= 4);
    // A value tells of the two intervals it stands between.
    const gap = 0.1 / 2 ** round;
    t.true(added.some((alpha) => Math.abs(alpha - 0.31) <= gap));
    t.true(added.every((alpha) => Math.abs(alpha - 0.31) <= 0.25));
    points.push(...added);
  }
});

test('the rule is exact on straight lines and parabolas', (t) => {
  for (const bend of [0, 3]) {
    const samples = [0, 0.1, 0.4, 0.5, 0.9, 1].map((alpha) => ({
      alpha,
      value: 2 * alpha + bend * alpha ** 2,
    }));
    const weights = trapezoidWeights(samples.map(({ alpha }) => alpha));
    const slopes = samples.map(({ alpha }) => 2 + 2 * bend * alpha);
    // The trapezoid rule is exact for slopes that are straight lines.
    t.true(Math.abs(sum(slopes.map((slope, at) => slope * weights[at])) - (2 + bend)) < 1e-12);
  }
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
