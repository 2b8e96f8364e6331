/**
 * Spatial operators see their feature maps as two-dimensional: a signal of length L is a plane of height 1.
 * Along each axis, output position `o` and kernel tap `t` read input position `o·stride + t·dilation − pad`.
 */
export interface Axis {
  size: number;
  outputSize: number;
  kernel: number;
  stride: number;
  dilation: number;
  padBegin: number;
  padEnd: number;
}

export interface Window {
  kernel: readonly number[];
  strides: readonly number[];
  pads: readonly number[];
  dilations: readonly number[];
}

/** The two spatial axes of `[N, C, H, W]` or `[N, C, L]`. */
export function planeOf(
  shape: readonly number[],
  outputShape: readonly number[],
  window: Window,
): { rows: Axis; columns: Axis } {
  const rank = shape.length - 2;
  const axes = window.kernel.map((kernel, axis): Axis => ({
    size: shape[axis + 2],
    outputSize: outputShape[axis + 2],
    kernel,
    stride: window.strides[axis],
    dilation: window.dilations[axis],
    padBegin: window.pads[axis],
    padEnd: window.pads[axis + rank],
  }));
  const single = { size: 1, outputSize: 1, kernel: 1, stride: 1, dilation: 1, padBegin: 0, padEnd: 0 };
  return axes.length === 1 ? { rows: single, columns: axes[0] } : { rows: axes[0], columns: axes[1] };
}

/** First output position whose tap `tap` reads inside the input. */
export function firstInside(axis: Axis, tap: number): number {
  return Math.max(0, Math.ceil((axis.padBegin - tap * axis.dilation) / axis.stride));
}

/** One past the last output position whose tap `tap` reads inside the input. */
export function endInside(axis: Axis, tap: number): number {
  const last = Math.floor((axis.size - 1 + axis.padBegin - tap * axis.dilation) / axis.stride);
  return Math.min(axis.outputSize, last + 1);
}
