import type { Tensor } from '../../tensor.js';
import type { OperationOf } from '../reference/kernel.js';
import type { DeviceTensor, Kernels, PlanePads } from './kernels.js';
import { asPlane, fromPlane } from './layout.js';
import { planeSize, planeWindow, transposedConvolution, type PlaneWindow } from './planes.js';
import { constantOperand, disposeAll, Kept, type Prepare } from './program.js';

/** Convolution as the kernels Conv2D (one a group) or DepthwiseConv2dNative, forward and back. */
export const conv: Prepare<OperationOf<'conv'>> = (site) => {
  const k = site.kernels;
  const weights = constantOperand(site, 1, 'weights');
  const bias = site.shapes.length > 2 ? constantOperand(site, 2, 'bias') : undefined;
  const { groups } = site.operation;
  const window = planeWindow({ ...site.operation, kernel: weights.shape.slice(2) });
  const size = planeSize(site.shapes[0]);
  const rank = site.shape.length;
  const depthwise = groups > 1 && weights.shape[1] === 1;
  const filters = depthwise
    ? depthwiseFilters(k, weights, groups, window)
    : groupedFilters(k, weights, groups, window);
  const biases = bias && new Kept(k, () => k.tensor(bias.data, bias.shape));

  return {
    forms: [{ layout: 'last' }, null, null],
    layout: 'last',
    saves: { inputs: false, output: false },
    forward([x]) {
      return fromPlane(k, filters.forward(asPlane(k, x), biases), rank);
    },
    backward({ gradient }) {
      const correlate = (plane: DeviceTensor, pads: PlanePads) => filters.backward(plane, pads);
      const channels = site.shapes[0][1];
      const plane = transposedConvolution(k, asPlane(k, gradient), window, size, correlate, channels);
      return [fromPlane(k, plane, rank)];
    },
    dispose() {
      disposeAll([...filters.kept, ...(biases ? [biases] : [])]);
    },
  };
};

interface Filters {
  forward(x: DeviceTensor, bias: Kept | undefined): DeviceTensor;
  /** The flipped kernels at stride 1. */
  backward(gradient: DeviceTensor, pads: PlanePads): DeviceTensor;
  kept: Kept[];
}

function groupedFilters(k: Kernels, weights: Tensor, groups: number, window: PlaneWindow): Filters {
  const outputs = weights.shape[0] / groups;
  const inputs = weights.shape[1];
  const [height, width] = window.kernel;
  const perGroup = (permuted: (group: number) => Float32Array, shape: number[]) =>
    Array.from({ length: groups }, (_, group) => new Kept(k, () => k.tensor(permuted(group), shape)));
  const forward = perGroup((group) => filterOf(weights, group, groups), [height, width, inputs, outputs]);
  const backward = perGroup(
    (group) => flippedFilterOf(weights, group, groups),
    [height, width, outputs, inputs],
  );

  const each = (
    x: DeviceTensor,
    channels: number,
    convolve: (part: DeviceTensor, group: number) => DeviceTensor,
  ) => {
    if (groups === 1) return convolve(x, 0);
    const [batch, rows, columns] = x.shape;
    const parts = forward.map((_, group) => {
      const part = k.slice(x, [0, 0, 0, group * channels], [batch, rows, columns, channels]);
      return convolve(part, group);
    });
    return k.concat(parts, 3);
  };

  return {
    kept: [...forward, ...backward],
    forward(x, bias) {
      const { strides, dilations, pads } = window;
      const fused = groups === 1 ? bias?.value : undefined;
      const y = each(x, inputs, (part, group) =>
        k.conv2d(part, forward[group].value, fused, strides, dilations, pads),
      );
      return bias && groups > 1 ? k.add(y, bias.value) : y;
    },
    backward(gradient, pads) {
      return each(gradient, outputs, (part, group) =>
        k.conv2d(part, backward[group].value, undefined, [1, 1], window.dilations, pads),
      );
    },
  };
}

function depthwiseFilters(k: Kernels, weights: Tensor, channels: number, window: PlaneWindow): Filters {
  const outputs = weights.shape[0];
  const multiplier = outputs / channels;
  const [height, width] = window.kernel;
  // [KH, KW, C, multiplier] forward and [KH, KW, C·multiplier, 1] back hold the same order of channels.
  const forward = new Kept(k, () => {
    const data = depthwiseFilterOf(weights, outputs, height * width, false);
    return k.tensor(data, [height, width, channels, multiplier]);
  });
  const backward = new Kept(k, () => {
    const data = depthwiseFilterOf(weights, outputs, height * width, true);
    return k.tensor(data, [height, width, outputs, 1]);
  });
  return {
    kept: [forward, backward],
    forward(x, bias) {
      const y = k.depthwise(x, forward.value, window.strides, window.dilations, window.pads);
      return bias ? k.add(y, bias.value) : y;
    },
    backward(gradient, pads) {
      const spread = k.depthwise(gradient, backward.value, [1, 1], window.dilations, pads);
      if (multiplier === 1) return spread;
      const [batch, rows, columns] = spread.shape;
      const apart = k.reshape(spread, [batch * rows * columns, channels, multiplier]);
      return k.reshape(k.sum(apart, [2], false), [batch, rows, columns, channels]);
    },
  };
}

/** One group of W [O, C/groups, taps] as [taps, C/groups, O/groups]. */
function filterOf(weights: Tensor, group: number, groups: number): Float32Array {
  const { outputs, inputs, taps } = extents(weights, groups);
  const filter = new Float32Array(taps * inputs * outputs);
  for (let o = 0; o < outputs; o++) {
    for (let c = 0; c < inputs; c++) {
      const from = ((group * outputs + o) * inputs + c) * taps;
      for (let t = 0; t < taps; t++) filter[(t * inputs + c) * outputs + o] = weights.data[from + t];
    }
  }
  return filter;
}

/** One group of W [O, C/groups, taps] as [taps in reverse, O/groups, C/groups]. */
function flippedFilterOf(weights: Tensor, group: number, groups: number): Float32Array {
  const { outputs, inputs, taps } = extents(weights, groups);
  const filter = new Float32Array(taps * inputs * outputs);
  for (let o = 0; o < outputs; o++) {
    for (let c = 0; c < inputs; c++) {
      const from = ((group * outputs + o) * inputs + c) * taps;
      for (let t = 0; t < taps; t++) {
        filter[((taps - 1 - t) * outputs + o) * inputs + c] = weights.data[from + t];
      }
    }
  }
  return filter;
}

function extents(weights: Tensor, groups: number) {
  const inputs = weights.shape[1];
  return {
    outputs: weights.shape[0] / groups,
    inputs,
    taps: weights.data.length / (weights.shape[0] * inputs),
  };
}

/** W [O, 1, taps] as [taps, O], the taps in reverse when `flipped`. */
function depthwiseFilterOf(weights: Tensor, outputs: number, taps: number, flipped: boolean): Float32Array {
  const filter = new Float32Array(weights.data.length);
  for (let o = 0; o < outputs; o++) {
    for (let t = 0; t < taps; t++) {
      filter[(flipped ? taps - 1 - t : t) * outputs + o] = weights.data[o * taps + t];
    }
  }
  return filter;
}
