import type { OperationOf } from '../reference/kernel.js';
import type { DeviceTensor, PlanePads } from './kernels.js';
import { asPlane, fromPlane } from './layout.js';
import { paidToWinners, winnersOf, winningElements } from './maxima.js';
import { exactPads, planeSize, planeWindow, reframed, transposedConvolution } from './planes.js';
import type { PlaneWindow } from './planes.js';
import { disposeAll, Kept, type Prepare } from './program.js';

/** The kernel MaxPool where it can; its gradient, and dilated windows or those of one element, on the host. */
export const maxPool: Prepare<OperationOf<'maxPool'>> = (site) => {
  const k = site.kernels;
  const asked = planeWindow(site.operation);
  const size = planeSize(site.shapes[0]);
  const outputSize = planeSize(site.shape);
  const rank = site.shape.length;
  const window = { ...asked, pads: exactPads(asked, size, outputSize) };
  // The kernel takes no negative padding: what no window reaches is cut off first.
  const crop = cropOf(window.pads);
  const pads = paddingOf(window.pads);
  const single = window.kernel[0] * window.kernel[1] === 1;
  const onHost = single || window.dilations.some((dilation) => dilation > 1);
  return {
    forms: [{ layout: 'last' }],
    layout: 'last',
    saves: { inputs: true, output: false },
    forward([x]) {
      const plane = asPlane(k, x);
      if (onHost) {
        const shape = [plane.shape[0], ...outputSize, plane.shape[3]!];
        const winners = winnersOf(plane, window, outputSize);
        return fromPlane(k, winningElements(k, plane, winners, shape), rank);
      }
      const inner = reframed(k, plane, { top: 0, left: 0, bottom: -crop.bottom, right: -crop.right });
      return fromPlane(k, k.maxPool(inner, window.kernel, window.strides, pads), rank);
    },
    backward({ inputs: [x], gradient }) {
      const plane = asPlane(k, x);
      const winners = winnersOf(plane, window, outputSize);
      return [fromPlane(k, paidToWinners(k, plane, winners, gradient), rank)];
    },
  };
};

function paddingOf({ top, bottom, left, right }: PlanePads): PlanePads {
  return { top, left, bottom: Math.max(0, bottom), right: Math.max(0, right) };
}

function cropOf({ bottom, right }: PlanePads): { bottom: number; right: number } {
  return { bottom: Math.max(0, -bottom), right: Math.max(0, -right) };
}

/**
 * A depthwise convolution with ones, times one over the number of taps that count at each position: exact for
 * every padding, dilation and `ceil`, and its gradient is the transposed convolution.
 */
export const averagePool: Prepare<OperationOf<'averagePool'>> = (site) => {
  const k = site.kernels;
  const asked = planeWindow(site.operation);
  const size = planeSize(site.shapes[0]);
  const outputSize = planeSize(site.shape);
  const rank = site.shape.length;
  const channels = site.shape[1];
  const window = { ...asked, pads: exactPads(asked, size, outputSize) };
  const crop = cropOf(window.pads);
  const pads = paddingOf(window.pads);
  const [height, width] = window.kernel;
  const ones = new Kept(k, () => k.fill([height, width, channels, 1], 1));
  const shares = new Kept(k, () => {
    const limits = site.operation.countIncludePad
      ? [
          [-asked.pads.top, size[0] + asked.pads.bottom],
          [-asked.pads.left, size[1] + asked.pads.right],
        ]
      : [
          [0, size[0]],
          [0, size[1]],
        ];
    const [down, across] = ([0, 1] as const).map((i) => countedTaps(asked, i, outputSize[i], limits[i]));
    const data = Float32Array.from(down.flatMap((a) => across.map((b) => (a * b === 0 ? 0 : 1 / (a * b)))));
    return k.tensor(data, [1, ...outputSize, 1]);
  });
  return {
    forms: [{ layout: 'last' }],
    layout: 'last',
    saves: { inputs: false, output: false },
    forward([x]) {
      const inner = reframed(k, asPlane(k, x), { top: 0, left: 0, bottom: -crop.bottom, right: -crop.right });
      const sums = k.depthwise(inner, ones.value, window.strides, window.dilations, pads);
      return fromPlane(k, k.mul(sums, shares.value), rank);
    },
    backward({ gradient }) {
      const shared = k.mul(asPlane(k, gradient), shares.value);
      const correlate = (plane: DeviceTensor, around: PlanePads) =>
        k.depthwise(plane, ones.value, [1, 1], window.dilations, around);
      return [fromPlane(k, transposedConvolution(k, shared, window, size, correlate, channels), rank)];
    },
    dispose: () => disposeAll([ones, shares]),
  };
};

/** For each output position along one axis, the taps that lie within [low, high). */
function countedTaps(
  { kernel, strides, dilations, pads }: PlaneWindow,
  axis: 0 | 1,
  outputs: number,
  [low, high]: number[],
): number[] {
  const begin = axis === 0 ? pads.top : pads.left;
  return Array.from({ length: outputs }, (_, o) => {
    let count = 0;
    for (let tap = 0; tap < kernel[axis]; tap++) {
      const position = o * strides[axis] + tap * dilations[axis] - begin;
      if (position >= low && position < high) count++;
    }
    return count;
  });
}

export const globalMaxPool: Prepare<OperationOf<'globalMaxPool'>> = (site) => {
  const k = site.kernels;
  const size = planeSize(site.shapes[0]);
  const rank = site.shape.length;
  const none = { top: 0, bottom: 0, left: 0, right: 0 };
  const window: PlaneWindow = { kernel: size, strides: [1, 1], dilations: [1, 1], pads: none };
  return {
    forms: [{ layout: 'last' }],
    layout: 'last',
    saves: { inputs: true, output: false },
    forward([x]) {
      const flat = k.reshape(x, [x.shape[0], size[0] * size[1], site.shape[1]]);
      return k.reshape(k.max(flat, 1, false), [x.shape[0], ...site.shape.slice(2), site.shape[1]]);
    },
    backward({ inputs: [x], gradient }) {
      const plane = asPlane(k, x);
      const winners = winnersOf(plane, window, [1, 1]);
      return [fromPlane(k, paidToWinners(k, plane, winners, gradient), rank)];
    },
  };
};
