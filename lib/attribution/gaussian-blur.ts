import type { Tensor } from '../tensor.js';

/** How pixels lie in an image tensor of batch 1; the number of channels follows from its length. */
export interface ImageForm {
  height: number;
  width: number;
  layout: 'channels-first' | 'channels-last';
}

/**
 * Gaussian blur of an image, separable, the kernel cut at 4σ, the image mirrored at its edges (… b a | a b c … ).
 * Mirroring keeps the mean, and makes two blurs of σ and τ the same as one of √(σ² + τ²). σ = 0 returns a copy.
 *
 * @param sigma standard deviation in pixels
 */
export function blurImage(image: Tensor, sigma: number, { height, width, layout }: ImageForm): Tensor {
  const data = image.data.slice();
  const channels = data.length / (height * width);
  const [perChannel, perRow, perPixel] =
    layout === 'channels-first' ? [height * width, width, 1] : [1, width * channels, channels];
  if (sigma > 0) {
    const kernel = gaussianKernel(sigma);
    const room = () => new Float64Array(Math.max(height, width) + 2 * (kernel.length - 1));
    const lines = { mirrored: room(), blurred: room() };
    for (let channel = 0; channel < channels; channel++) {
      const base = channel * perChannel;
      for (let y = 0; y < height; y++) blurLine(data, base + y * perRow, perPixel, width, kernel, lines);
      for (let x = 0; x < width; x++) blurLine(data, base + x * perPixel, perRow, height, kernel, lines);
    }
  }
  return { data, shape: [...image.shape] };
}

/** One half of the kernel, its middle first; the whole one sums to 1. */
function gaussianKernel(sigma: number): Float64Array {
  const kernel = Float64Array.from({ length: Math.ceil(4 * sigma) + 1 }, (_, at) =>
    Math.exp(-(at ** 2) / (2 * sigma ** 2)),
  );
  const sum = 2 * kernel.reduce((total, weight) => total + weight, 0) - kernel[0];
  return kernel.map((weight) => weight / sum);
}

function blurLine(
  data: Float32Array,
  start: number,
  step: number,
  length: number,
  kernel: Float64Array,
  { mirrored, blurred }: { mirrored: Float64Array; blurred: Float64Array },
): void {
  const radius = kernel.length - 1;
  for (let at = 0; at < length; at++) mirrored[radius + at] = data[start + at * step];
  for (let at = 0; at < radius; at++) {
    mirrored[radius - 1 - at] = mirrored[radius + reflected(at, length)];
    mirrored[radius + length + at] = mirrored[radius + length - 1 - reflected(at, length)];
  }
  for (let at = 0; at < length; at++) blurred[at] = kernel[0] * mirrored[radius + at];
  for (let k = 1; k <= radius; k++) {
    const weight = kernel[k];
    for (let at = 0; at < length; at++) {
      blurred[at] += weight * (mirrored[radius + at - k] + mirrored[radius + at + k]);
    }
  }
  for (let at = 0; at < length; at++) data[start + at * step] = blurred[at];
}

/** Position of the `at`-th pixel behind an edge in a line mirrored over and over, counted from that edge. */
function reflected(at: number, length: number): number {
  const position = at % (2 * length);
  return position < length ? position : 2 * length - 1 - position;
}
