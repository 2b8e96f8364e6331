import type { Tensor } from '../tensor.js';

/**
 * Gaussian blur of an image tensor `[1, C, H, W]` or `[1, H, W, C]`, separable, the kernel cut at 3σ, edges
 * repeated. σ = 0 returns a copy.
 *
 * @param sigma standard deviation in pixels
 */
export function blurImage(image: Tensor, sigma: number, layout: 'channels-first' | 'channels-last'): Tensor {
  const data = image.data.slice();
  if (sigma <= 0 || image.shape.length !== 4) return { data, shape: [...image.shape] };
  const [, a, b, c] = image.shape;
  const [channels, height, width] = layout === 'channels-first' ? [a, b, c] : [c, a, b];
  const [perChannel, perRow, perPixel] =
    layout === 'channels-first' ? [height * width, width, 1] : [1, width * channels, channels];
  const kernel = gaussianKernel(sigma);
  const line = new Float64Array(Math.max(height, width));
  for (let channel = 0; channel < channels; channel++) {
    const base = channel * perChannel;
    for (let y = 0; y < height; y++) blurLine(data, base + y * perRow, perPixel, width, kernel, line);
    for (let x = 0; x < width; x++) blurLine(data, base + x * perPixel, perRow, height, kernel, line);
  }
  return { data, shape: [...image.shape] };
}

function gaussianKernel(sigma: number): Float64Array {
  const radius = Math.ceil(3 * sigma);
  const kernel = Float64Array.from({ length: 2 * radius + 1 }, (_, at) =>
    Math.exp(-((at - radius) ** 2) / (2 * sigma * sigma)),
  );
  const sum = kernel.reduce((total, weight) => total + weight, 0);
  return kernel.map((weight) => weight / sum);
}

function blurLine(
  data: Float32Array,
  start: number,
  step: number,
  length: number,
  kernel: Float64Array,
  line: Float64Array,
): void {
  const radius = (kernel.length - 1) / 2;
  for (let at = 0; at < length; at++) line[at] = data[start + at * step];
  for (let at = 0; at < length; at++) {
    let sum = 0;
    for (let k = -radius; k <= radius; k++) {
      sum += kernel[k + radius] * line[Math.min(length - 1, Math.max(0, at + k))];
    }
    data[start + at * step] = sum;
  }
}
