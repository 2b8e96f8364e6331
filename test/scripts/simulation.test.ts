// The simulation against what can be said in closed form.
import test from 'ava';
// @ts-expect-error a script without declarations
import { fromQuantiles, quantilesOf, simulate } from '../../scripts/simulate/simulation.mjs';
import { randomNumbers } from '../support/random-numbers.js';

const near = (value: number, expected: number, tolerance = 1e-9) =>
  Math.abs(value - expected) <= tolerance * expected;

test('without waiting, lanes share the images evenly', (t) => {
  const { seconds, queueBusy } = simulate({
    workers: 5,
    lanes: 2,
    images: 1000,
    draw: () => 3,
    queueSeconds: 0,
  });
  t.true(near(seconds, 300));
  t.is(queueBusy, 0);
});

test('a queue that is full decides alone', (t) => {
  const { seconds, queueBusy } = simulate({
    workers: 1000,
    lanes: 3,
    images: 1e5,
    draw: () => 1,
    queueSeconds: 0.01,
  });
  t.true(near(seconds, 1e5 * 0.01 + 1));
  t.true(queueBusy > 0.99);
});

test('a store that is full decides alone; one that is not adds its latency', (t) => {
  const store = { puts: 4, gets: 2, latency: 0.1, putsPerSecond: 100, getsPerSecond: 1000 };
  const full = simulate({ workers: 1000, lanes: 1, images: 1e4, draw: () => 1, queueSeconds: 0, store });
  t.true(near(full.seconds, (1e4 * 4) / 100, 0.02));
  const idle = simulate({ workers: 1, lanes: 1, images: 100, draw: () => 1, queueSeconds: 0, store });
  t.true(near(idle.seconds, 100 * 1.6));
});

test('one lane is the sum of its images, start included; draws follow the quantiles', (t) => {
  const random = randomNumbers(1);
  const values = Array.from({ length: 10_000 }, () => random() ** 3);
  const draw = fromQuantiles(quantilesOf(values), randomNumbers(2));
  const drawn: number[] = Array.from({ length: 10_000 }, () => draw() as number);
  const mean = (list: number[]) => list.reduce((sum, each) => sum + each, 0) / list.length;
  t.true(near(mean(drawn), mean(values), 0.05));
  let at = 0;
  const { seconds } = simulate({
    workers: 1,
    lanes: 1,
    images: 100,
    draw: () => drawn[at++],
    queueSeconds: 0.5,
    startSeconds: () => 7,
  });
  t.true(near(seconds, 7 + 50 + drawn.slice(0, 100).reduce((sum, each) => sum + each, 0)));
});
