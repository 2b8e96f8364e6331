import type { Operation } from '../../graph/graph.js';
import type { OperationOf } from '../reference/kernel.js';
import type { DeviceTensor, Kernels } from './kernels.js';
import { canBeLast, type Layout } from './layout.js';
import { constantOperand, disposeAll, Kept, type Form, type Prepare, type Site } from './program.js';

/**
 * Where operands meet: channels last when one of them already is and the others can be (same number of axes,
 * or constants, which are given the missing ones); else in the graph's order, where broadcasting is numpy's.
 */
function meetingForms(site: Site): { layout: Layout; forms: Form[] } {
  const rank = site.shape.length;
  const fits = site.shapes.every((shape, i) => shape.length === rank || site.constants[i] !== undefined);
  const layout: Layout = canBeLast(rank) && fits && site.homes.includes('last') ? 'last' : 'plain';
  return { layout, forms: site.shapes.map((_, i) => (site.constants[i] ? { layout, rank } : { layout })) };
}

/** The gradient of an operand that was broadcast: summed over the axes it was repeated along. */
function reducedTo(k: Kernels, gradient: DeviceTensor, shape: readonly number[]): DeviceTensor {
  const missing = gradient.rank - shape.length;
  const axes = gradient.shape.flatMap((length, axis) =>
    axis < missing || (shape[axis - missing] === 1 && length !== 1) ? [axis] : [],
  );
  return axes.length === 0 ? gradient : k.reshape(k.sum(gradient, axes, true), shape);
}

function binary<O extends Operation>(
  saves: boolean,
  value: (k: Kernels, a: DeviceTensor, b: DeviceTensor) => DeviceTensor,
  slopes: ((k: Kernels, gradient: DeviceTensor, a: DeviceTensor, b: DeviceTensor) => DeviceTensor)[],
): Prepare<O> {
  return (site) => {
    const k = site.kernels;
    return {
      ...meetingForms(site),
      saves: { inputs: saves, output: false },
      forward: ([a, b]) => value(k, a, b),
      backward: ({ inputs: [a, b], gradient, wanted }) =>
        slopes.map((slope, i) =>
          wanted[i] ? reducedTo(k, slope(k, gradient, a, b), (i === 0 ? a : b).shape) : undefined,
        ),
    };
  };
}

export const add = binary<OperationOf<'add'>>(false, (k, a, b) => k.add(a, b), [
  (k, g) => k.identity(g),
  (k, g) => k.identity(g),
]);

export const sub = binary<OperationOf<'sub'>>(false, (k, a, b) => k.sub(a, b), [
  (k, g) => k.identity(g),
  (k, g) => k.scaled(g, -1),
]);

export const mul = binary<OperationOf<'mul'>>(true, (k, a, b) => k.mul(a, b), [
  (k, g, _, b) => k.mul(g, b),
  (k, g, a) => k.mul(g, a),
]);

export const div = binary<OperationOf<'div'>>(true, (k, a, b) => k.div(a, b), [
  (k, g, _, b) => k.div(g, b),
  (k, g, a, b) => k.scaled(k.div(k.mul(g, a), k.mul(b, b)), -1),
]);

export const prelu = binary<OperationOf<'prelu'>>(
  true,
  (k, x, slope) => k.add(k.relu(x), k.mul(slope, k.negativePart(x))),
  [
    (k, g, x, slope) => {
      const above = k.step(x);
      return k.mul(g, k.add(above, k.mul(slope, k.sub(k.scalar(1), above))));
    },
    (k, g, x) => k.mul(g, k.negativePart(x)),
  ],
);

/** Per-channel scale and shift; both are vectors that meet the channels in the last axis. */
export const affine: Prepare<OperationOf<'affine'>> = (site) => {
  const k = site.kernels;
  const rank = site.shape.length;
  const layout: Layout = canBeLast(rank) ? 'last' : 'plain';
  // Channels are the last axis of [N, C] and of channels-last maps; elsewhere ones follow them.
  const trailing = layout === 'last' || rank === 2 ? 0 : rank - 2;
  const vector = (index: number, what: string) => {
    const { data } = constantOperand(site, index, what);
    return new Kept(k, () => k.tensor(data, [data.length, ...new Array<number>(trailing).fill(1)]));
  };
  const scale = vector(1, 'scale');
  const shift = vector(2, 'shift');
  return {
    forms: [{ layout }, null, null],
    layout,
    saves: { inputs: false, output: false },
    forward: ([x]) => k.add(k.mul(x, scale.value), shift.value),
    backward: ({ gradient }) => [k.mul(gradient, scale.value)],
    dispose: () => disposeAll([scale, shift]),
  };
};
