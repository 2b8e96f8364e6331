import type { OperationOf } from '../reference/kernel.js';
import type { DeviceTensor, Kernels } from './kernels.js';
import { axisIn, canBeLast, type Layout } from './layout.js';
import { disposeAll, Kept, type Prepare } from './program.js';

/**
 * The windowed sums over channels are a 1×1 convolution with a band of ones, which also does even windows
 * (the kernel LRN has odd ones only); the gradient uses the transposed band.
 */
export const lrn: Prepare<OperationOf<'lrn'>> = (site) => {
  const k = site.kernels;
  const { size, alpha, beta, bias } = site.operation;
  const channels = site.shape[1];
  const layout: Layout = canBeLast(site.shape.length) ? 'last' : 'plain';
  const before = Math.floor((size - 1) / 2);
  const after = Math.ceil((size - 1) / 2);
  const band = (ahead: number, behind: number) =>
    new Kept(k, () => {
      // Entry [from, to]: channel `from` stands in the window of channel `to`.
      const data = new Float32Array(channels * channels);
      for (let to = 0; to < channels; to++) {
        const end = Math.min(channels, to + ahead + 1);
        for (let from = Math.max(0, to - behind); from < end; from++) data[from * channels + to] = 1;
      }
      return k.tensor(data, [1, 1, channels, channels]);
    });
  const windows = band(after, before);
  const mirrored = band(before, after);
  const summed = (x: DeviceTensor, filter: Kept) => {
    const plane = k.reshape(x, [1, x.size / channels, 1, channels]);
    const none = { top: 0, bottom: 0, left: 0, right: 0 };
    return k.reshape(k.conv2d(plane, filter.value, undefined, [1, 1], [1, 1], none), x.shape);
  };
  const scales = (x: DeviceTensor) =>
    k.shifted(k.scaled(summed(k.unary('Square', x), windows), alpha / size), bias);
  return {
    forms: [{ layout }],
    layout,
    saves: { inputs: true, output: false },
    forward: ([x]) => k.mul(x, k.pow(scales(x), -beta)),
    backward({ inputs: [x], gradient }) {
      const scale = scales(x);
      const direct = k.mul(gradient, k.pow(scale, -beta));
      const pulls = summed(k.div(k.mul(direct, x), scale), mirrored);
      return [k.sub(direct, k.mul(k.scaled(x, (2 * alpha * beta) / size), pulls))];
    },
    dispose: () => disposeAll([windows, mirrored]),
  };
};

/** Runs `work` with the axis moved to the end. */
function alongLast(
  k: Kernels,
  axis: number,
  tensors: readonly DeviceTensor[],
  work: (tensors: DeviceTensor[]) => DeviceTensor,
): DeviceTensor {
  const { rank } = tensors[0];
  if (axis === rank - 1) return work([...tensors]);
  const others = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== axis);
  const there = [...others, axis];
  const back = Array.from({ length: rank }, (_, i) => there.indexOf(i));
  return k.transpose(work(tensors.map((tensor) => k.transpose(tensor, there))), back);
}

function alongAxis<O extends OperationOf<'softmax'> | OperationOf<'logSoftmax'>>(
  value: (k: Kernels, x: DeviceTensor) => DeviceTensor,
  pulled: (k: Kernels, y: DeviceTensor, gradient: DeviceTensor) => DeviceTensor,
): Prepare<O> {
  return ({ kernels: k, operation, shape, homes: [layout] }) => {
    const axis = axisIn(layout, operation.axis, shape.length);
    return {
      forms: [{ layout }],
      layout,
      saves: { inputs: false, output: true },
      forward: ([x]) => alongLast(k, axis, [x], ([moved]) => value(k, moved)),
      backward: ({ output, gradient }) => [
        alongLast(k, axis, [output, gradient], ([y, g]) => pulled(k, y, g)),
      ],
    };
  };
}

const total = (k: Kernels, x: DeviceTensor) => k.sum(x, [x.rank - 1], true);

export const softmax = alongAxis<OperationOf<'softmax'>>(
  (k, x) => k.softmax(x),
  (k, y, gradient) => {
    // Relative to the gradient of the largest output, as in the reference: with an output near 1, 1 − Σ would
    // lose all its digits. Several largest ones only move the origin, which is arbitrary.
    const largest = k.equal(y, k.max(y, y.rank - 1, true));
    const centred = k.sub(gradient, total(k, k.mul(gradient, largest)));
    return k.mul(y, k.sub(centred, total(k, k.mul(y, centred))));
  },
);

export const logSoftmax = alongAxis<OperationOf<'logSoftmax'>>(
  (k, x) => {
    const centred = k.sub(x, k.max(x, x.rank - 1, true));
    return k.sub(centred, k.unary('Log', total(k, k.unary('Exp', centred))));
  },
  (k, y, gradient) => k.sub(gradient, k.mul(k.unary('Exp', y), total(k, gradient))),
);
