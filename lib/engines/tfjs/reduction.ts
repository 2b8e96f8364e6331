import type { OperationOf } from '../reference/kernel.js';
import { axisIn, type Layout } from './layout.js';
import type { Prepare } from './program.js';

/** The kernel Mean; axes that disappear may leave a value in neither layout, then x is taken in plain order. */
export const reduceMean: Prepare<OperationOf<'reduceMean'>> = ({
  kernels: k,
  operation: { axes, keepDims },
  shapes: [shape],
  homes: [home],
}) => {
  const rank = shape.length;
  // With every spatial axis gone, [N, C] is the same in both layouts.
  const pooled = axes.length === rank - 2 && axes.every((axis) => axis >= 2);
  const from: Layout = keepDims || pooled ? home : 'plain';
  const there = axes.map((axis) => axisIn(from, axis, rank));
  const count = axes.reduce((product, axis) => product * shape[axis], 1);
  return {
    forms: [{ layout: from }],
    layout: keepDims ? from : 'plain',
    saves: { inputs: false, output: false },
    forward: ([x]) => k.mean(x, there, keepDims),
    backward({ inputs: [x], gradient }) {
      const kept = x.shape.map((length, axis) => (there.includes(axis) ? 1 : length));
      const share = k.scaled(k.reshape(gradient, kept), 1 / count);
      return [k.add(k.fill(x.shape, 0), share)];
    },
  };
};
