import type { DeviceTensor, Kernels } from './kernels.js';

/**
 * How a value lies in memory. `plain` is the graph's own order. `last` has the channels last, [N, H, W, C] or
 * [N, L, C], as the convolution kernels want them; only values with 3 or 4 axes can have it.
 */
export type Layout = 'plain' | 'last';

export function canBeLast(rank: number): boolean {
  return rank === 3 || rank === 4;
}

/** Where an axis of the graph's order stands in the given layout. */
export function axisIn(layout: Layout, axis: number, rank: number): number {
  if (layout === 'plain' || axis === 0) return axis;
  return axis === 1 ? rank - 1 : axis - 1;
}

/** One entry an axis, from the graph's order into the given layout. */
export function arranged<T>(layout: Layout, entries: readonly T[]): T[] {
  if (layout === 'plain') return [...entries];
  return [entries[0], ...entries.slice(2), entries[1]];
}

/** The same value in another layout. */
export function relaid(k: Kernels, x: DeviceTensor, from: Layout, to: Layout): DeviceTensor {
  if (from === to) return k.identity(x);
  // As matrices, which the transpose kernel turns fastest: [N, C, P] to [N, P, C] or back.
  const shape = x.shape;
  if (to === 'last') {
    const [batch, channels, ...plane] = shape;
    const matrix = k.reshape(x, [batch, channels, x.size / (batch * channels)]);
    return k.reshape(k.transpose(matrix, [0, 2, 1]), [batch, ...plane, channels]);
  }
  const batch = shape[0];
  const channels = shape[shape.length - 1];
  const matrix = k.reshape(x, [batch, x.size / (batch * channels), channels]);
  return k.reshape(k.transpose(matrix, [0, 2, 1]), [batch, channels, ...shape.slice(1, -1)]);
}

/** A signal [N, L, C] as a plane of height 1; planes as they are. */
export function asPlane(k: Kernels, x: DeviceTensor): DeviceTensor {
  return x.rank === 4 ? x : k.reshape(x, [x.shape[0], 1, ...x.shape.slice(1)]);
}

/** Back from a plane to the rank the graph has. */
export function fromPlane(k: Kernels, x: DeviceTensor, rank: number): DeviceTensor {
  return rank === 4 ? x : k.reshape(x, [x.shape[0], ...x.shape.slice(2)]);
}
