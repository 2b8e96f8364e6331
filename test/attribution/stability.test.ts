import test from 'ava';
import { TopKStability } from '../../dist/attribution/stability.js';

const scores = (...nodes: number[]) => {
  const data = new Float32Array(20);
  nodes.forEach((node, rank) => (data[node] = 10 - rank));
  return data;
};

test('half of what a refinement changed is taken for what is left', (t) => {
  const stability = new TopKStability(4);
  t.is(stability.take(3, scores(1, 2, 3, 4, 5)), null);
  t.is(stability.take(7, scores(1, 2, 3, 9)), 1 - 0.25 / 2);
  t.is(stability.take(15, scores(9, 3, 2, 1)), 1);
});

test('a few more points are compared with the last rule of about half as many', (t) => {
  const stability = new TopKStability(2);
  stability.take(15, scores(1, 2));
  t.is(stability.take(23, scores(1, 3)), null);
  t.is(stability.take(31, scores(1, 3)), 0.75);
  t.is(stability.take(39, scores(1, 3)), 1);
});

test('fewer positive scores than k, or none', (t) => {
  const stability = new TopKStability(5);
  stability.take(3, scores(1, 2));
  t.is(stability.take(7, scores(1, 2, 3, 4)), 0.75);
  const nothing = new TopKStability(5);
  nothing.take(3, scores());
  t.is(nothing.take(7, scores()), 1);
});
