/**
 * Arithmetic of sliding windows (convolution and pooling), shared by shape inference, loaders and engines.
 * Sizes are in elements along one spatial axis.
 */

export interface Window {
  kernel: number;
  stride: number;
  padBegin: number;
  padEnd: number;
  dilation: number;
}

/** Elements of the input that one window spans, holes of the dilation included. */
export function windowExtent(kernel: number, dilation: number): number {
  return dilation * (kernel - 1) + 1;
}

/**
 * Number of windows along one axis; below 1 when not even one fits. With `ceil`, a last window may hang over
 * the end, but none may start in the padding behind the input (the rule of PyTorch and of ONNX).
 */
export function windowCount(size: number, window: Window, ceil = false): number {
  const room = size + window.padBegin + window.padEnd - windowExtent(window.kernel, window.dilation);
  if (room < 0) return 0;
  if (!ceil) return Math.floor(room / window.stride) + 1;
  const count = Math.ceil(room / window.stride) + 1;
  return (count - 1) * window.stride >= size + window.padBegin ? count - 1 : count;
}

/**
 * Begin and end padding with which ⌈size / stride⌉ windows fit: TensorFlow's SAME and ONNX's SAME_UPPER put
 * the odd element at the end, SAME_LOWER at the beginning.
 */
export function samePadding(
  size: number,
  kernel: number,
  stride: number,
  dilation: number,
  odd: 'begin' | 'end' = 'end',
): [begin: number, end: number] {
  const count = Math.ceil(size / stride);
  const total = Math.max(0, (count - 1) * stride + windowExtent(kernel, dilation) - size);
  const less = Math.floor(total / 2);
  return odd === 'end' ? [less, total - less] : [total - less, less];
}

/** The window along spatial axis `axis`, out of a node's per-axis attributes (`pads` is [begin…, end…]). */
export function windowAt(
  attributes: { strides: readonly number[]; pads: readonly number[]; dilations: readonly number[] },
  kernel: readonly number[],
  axis: number,
): Window {
  return {
    kernel: kernel[axis],
    stride: attributes.strides[axis],
    padBegin: attributes.pads[axis],
    padEnd: attributes.pads[axis + kernel.length],
    dilation: attributes.dilations[axis],
  };
}

/**
 * Elements that count in an average: those of the window inside the input, and with `countIncludePad` also those
 * in the declared padding (but never the overhang that `ceil` allows behind it).
 * `start` is the window's first position, in input coordinates (−padBegin for the first window).
 */
export function averageDivisor(
  size: number,
  window: Window,
  start: number,
  countIncludePad: boolean,
): number {
  const low = countIncludePad ? -window.padBegin : 0;
  const high = countIncludePad ? size + window.padEnd : size;
  let count = 0;
  for (let tap = 0; tap < window.kernel; tap++) {
    const position = start + tap * window.dilation;
    if (position >= low && position < high) count++;
  }
  return count;
}
