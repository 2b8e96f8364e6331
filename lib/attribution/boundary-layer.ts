import type { PathSample } from './adaptive-trapezoid.js';

/**
 * A path whose output changes within a thin layer at its start: networks that normalise right after their first layer
 * (ConvNeXt, Swin, BERT) see a and a/1000 alike, and all that happens, happens where α·a meets the normalisation's ε.
 * Beyond the layer ∂F/∂a falls as 1/α, so that scores gather over all orders of magnitude of α alike.
 */

/** Another way to go along a path: α of u ∈ [0, 1], both increasing, with the same ends. */
export interface Coordinate {
  alphaOf(u: number): number;
  uOf(alpha: number): number;
  /** dα/du at α. */
  slope(alpha: number): number;
}

/** α itself. */
export const proportional: Coordinate = { alphaOf: (u) => u, uOf: (alpha) => alpha, slope: () => 1 };

/**
 * α = δ·((1 + 1/δ)^u − 1): in proportion up to δ, and beyond it every order of magnitude takes the same share of u.
 * @param delta width of the layer, in α; > 0
 */
export function ordersOfMagnitude(delta: number): Coordinate {
  const decades = Math.log1p(1 / delta);
  return {
    // u = 1 is α = 1, without the last rounding error.
    alphaOf: (u) => Math.min(1, delta * Math.expm1(decades * u)),
    uOf: (alpha) => Math.log1p(alpha / delta) / decades,
    slope: (alpha) => decades * (alpha + delta),
  };
}

/** Where the width of a layer is looked for. Below 10⁻⁸ nothing of float32 activations is left beside an ε. */
export const LAYER_PROBES: readonly number[] = [1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8];

/**
 * Whether more than half of all that F rises and falls along the path, as far as known, it does before the first point.
 * @param samples of points inside the path, in any order
 */
export function changesAtOnce(samples: readonly PathSample[], ends: PathEnds): boolean {
  const { first, variation } = changes(samples, ends);
  return first > variation / 2;
}

/** The largest probe at which F has hardly begun to change: by a twentieth of all its change at most. */
export function layerWidth(samples: readonly PathSample[], ends: PathEnds): number {
  const { variation } = changes(samples, ends);
  const before = LAYER_PROBES.filter((probe) =>
    samples.some(
      ({ alpha, value }) => alpha === probe && Math.abs(value - ends.baselineValue) <= variation / 20,
    ),
  );
  return Math.max(...before, LAYER_PROBES.at(-1)!);
}

/** F at both ends of a path. */
export interface PathEnds {
  value: number;
  baselineValue: number;
}

function changes(
  samples: readonly PathSample[],
  { value, baselineValue }: PathEnds,
): { first: number; variation: number } {
  const sorted = [...samples].sort((a, b) => a.alpha - b.alpha);
  const values = [baselineValue, ...sorted.map((sample) => sample.value), value];
  const rises = values.slice(1).map((next, at) => Math.abs(next - values[at]));
  return { first: rises[0], variation: rises.reduce((sum, rise) => sum + rise, 0) };
}
