import { sizeOf } from '../../tensor.js';
import type { DeviceTensor, Kernels } from './kernels.js';
import type { PlaneWindow } from './planes.js';

/**
 * Maximum pooling on the host. On the WASM back end the kernel MaxPoolGrad is several times slower than this,
 * does no dilation, and gives wrong results for windows with an even side or of uneven sides (4.22.0).
 * `winners` are flat indices into x, one for every output element; −1 where a window lies in the padding.
 */
export function maximaOf(
  x: DeviceTensor,
  window: PlaneWindow,
  [outputHeight, outputWidth]: readonly [number, number],
): { values: Float32Array; winners: Int32Array; shape: number[] } {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const data = x.dataSync() as Float32Array;
  const shape = [batch, outputHeight, outputWidth, channels];
  const values = new Float32Array(sizeOf(shape)).fill(-Infinity);
  const winners = new Int32Array(values.length).fill(-1);
  const { kernel, strides, dilations, pads } = window;
  let output = 0;
  for (let n = 0; n < batch; n++) {
    for (let row = 0; row < outputHeight; row++) {
      for (let column = 0; column < outputWidth; column++, output += channels) {
        for (let v = 0; v < kernel[0]; v++) {
          const y = row * strides[0] + v * dilations[0] - pads.top;
          if (y < 0 || y >= height) continue;
          for (let u = 0; u < kernel[1]; u++) {
            const z = column * strides[1] + u * dilations[1] - pads.left;
            if (z < 0 || z >= width) continue;
            const start = ((n * height + y) * width + z) * channels;
            // Row by row, and only a larger one replaces: the first of equal elements wins.
            for (let c = 0; c < channels; c++) {
              const value = data[start + c];
              if (value > values[output + c] || winners[output + c] < 0) {
                values[output + c] = value;
                winners[output + c] = start + c;
              }
            }
          }
        }
      }
    }
  }
  return { values, winners, shape };
}

/** The gradient of each output element, added up at the input element that won it. */
export function paidToWinners(
  k: Kernels,
  x: DeviceTensor,
  winners: Int32Array,
  gradient: DeviceTensor,
): DeviceTensor {
  const paid = new Float32Array(x.size);
  const shares = gradient.dataSync();
  for (let o = 0; o < winners.length; o++) {
    if (winners[o] >= 0) paid[winners[o]] += shares[o];
  }
  return k.tensor(paid, x.shape);
}
