import test from 'ava';
import { halfWeights, trapezoidWeights } from '../../dist/attribution/adaptive-trapezoid.js';
import { TopKStability } from '../../dist/attribution/stability.js';

const scores = (...nodes: number[]) => {
  const data = new Float32Array(20);
  nodes.forEach((node, rank) => (data[node] = 10 - rank));
  return data;
};

test('half of what twice the points changed is taken for what is left, all of it where that is much', (t) => {
  const stability = new TopKStability(10);
  t.is(stability.take(scores(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), 0), null);
  t.is(stability.take(scores(1, 2, 3, 4, 5, 6, 7, 8, 9, 12), 0), 0.95);
  t.is(stability.take(scores(9, 3, 2, 1, 4, 5, 6, 7, 8, 12), 0), 1);
  t.is(stability.take(scores(9, 3, 2, 1, 4, 5, 6, 13, 14, 15), 0), 0.7);
});

test('a share of the sum that is missed counts as that share of the nodes, where it is more', (t) => {
  const stability = new TopKStability(4);
  stability.take(scores(1, 2, 3, 4), 0.2);
  t.is(stability.take(scores(1, 2, 3, 4), 0.12), 0.88);
  t.is(stability.take(scores(1, 2, 3, 4), 7), 0);
  t.is(stability.take(scores(1, 2, 3, 9), 0.12), 0.75);
});

test('four tenths of what the halves of a rule choose differently are, whatever came before', (t) => {
  const stability = new TopKStability(4);
  t.is(stability.ofHalves([scores(1, 2, 3, 4), scores(1, 2, 3, 9)]), 1 - 0.4 * 0.25);
  stability.take(scores(11, 12, 13, 14), 0);
  t.is(stability.ofHalves([scores(1, 2, 3, 4), scores(4, 3, 2, 1)]), 1);
});

test('of several k the least', (t) => {
  const halves = [scores(1, 2, 3, 4), scores(1, 3, 2, 9)];
  t.is(new TopKStability(1).ofHalves(halves), 1);
  t.is(new TopKStability([4, 1, 2]).ofHalves(halves), 1 - 0.4 * 0.5);
});

test('fewer positive scores than k, or none', (t) => {
  const stability = new TopKStability(5);
  stability.take(scores(1, 2), 0);
  t.is(stability.take(scores(1, 2, 3, 4), 0), 0.5);
  t.is(stability.ofHalves([scores(1, 2), scores(1, 2, 3, 4)]), 0.8);
  const nothing = new TopKStability(5);
  nothing.take(scores(), 0);
  t.is(nothing.take(scores(), 0), 1);
  t.is(nothing.ofHalves([scores(), scores()]), 1);
});

test('halves of a trapezoid rule: every other point and both ends; they are exact where the rule is', (t) => {
  const alphas = [0.5, 0, 1, 0.2, 0.7, 0.9, 0.35];
  const halves = [0, 1].map((parity) => halfWeights(alphas, parity));
  // In order: 0, 0.2, 0.35, 0.5, 0.7, 0.9, 1.
  const used = halves.map((weights) => alphas.filter((_, at) => weights[at] > 0).sort());
  t.deepEqual(used, [
    [0, 0.35, 0.7, 1],
    [0, 0.2, 0.5, 0.9, 1],
  ]);
  const integral = (weights: Float64Array, slope: (alpha: number) => number) =>
    alphas.reduce((sum, alpha, at) => sum + weights[at] * slope(alpha), 0);
  for (const weights of [...halves, trapezoidWeights(alphas)])
    t.true(Math.abs(integral(weights, (alpha) => 3 - 4 * alpha) - 1) < 1e-12);
});

test('a jump of 1 between equal steps of h: halves differ by h, and the whole is h/√12 off in the mean square', (t) => {
  const h = 1 / 64;
  const alphas = Array.from({ length: 65 }, (_, at) => at * h);
  const [first, second] = [0, 1].map((parity) => halfWeights(alphas, parity));
  const whole = trapezoidWeights(alphas);
  const from = (weights: Float64Array, jump: number) =>
    alphas.reduce((sum, alpha, at) => sum + (alpha > jump ? weights[at] : 0), 0);
  let squares = 0;
  const jumps = Array.from({ length: 1000 }, (_, at) => 0.25 + ((at + 0.5) / 1000) * 0.5);
  for (const jump of jumps) {
    t.true(Math.abs(Math.abs(from(first, jump) - from(second, jump)) - h) < 1e-12);
    squares += (from(whole, jump) - (1 - jump)) ** 2;
  }
  t.true(Math.abs(Math.sqrt(squares / jumps.length) - h / Math.sqrt(12)) < 1e-3 * h);
});
