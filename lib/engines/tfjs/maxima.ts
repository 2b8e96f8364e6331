import type { DeviceTensor, Kernels } from './kernels.js';
import type { PlaneWindow } from './planes.js';

/**
 * Maximum pooling on the host. On the WASM back end the kernel MaxPoolGrad is several times slower than this,
 * does no dilation, and gives wrong results for windows with an even side or of uneven sides (4.22.0).
 */

/**
 * The flat index into x of the largest element of every window, of the first among equal ones; −1 where a
 * window lies in the padding alone. x is [N, H, W, C], the result [N, H', W', C].
 */
export function winnersOf(
  x: DeviceTensor,
  window: PlaneWindow,
  [outputHeight, outputWidth]: readonly [number, number],
): Int32Array {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const data = x.dataSync() as Float32Array;
  const winners = new Int32Array(batch * outputHeight * outputWidth * channels);
  const taps = new Int32Array(window.kernel[0] * window.kernel[1]);
  let output = 0;
  for (let n = 0; n < batch; n++) {
    for (let row = 0; row < outputHeight; row++) {
      for (let column = 0; column < outputWidth; column++, output += channels) {
        const count = tapsInside(taps, window, row, column, height, width);
        if (count === 0) {
          winners.fill(-1, output, output + channels);
          continue;
        }
        const image = n * height * width;
        for (let c = 0; c < channels; c++) {
          let winner = (image + taps[0]) * channels + c;
          let best = data[winner];
          for (let t = 1; t < count; t++) {
            const index = (image + taps[t]) * channels + c;
            if (data[index] > best) {
              best = data[index];
              winner = index;
            }
          }
          winners[output + c] = winner;
        }
      }
    }
  }
  return winners;
}

/** Writes the positions in the plane that one window reads, row by row; returns how many there are. */
function tapsInside(
  taps: Int32Array,
  { kernel, strides, dilations, pads }: PlaneWindow,
  row: number,
  column: number,
  height: number,
  width: number,
): number {
  let count = 0;
  for (let v = 0; v < kernel[0]; v++) {
    const y = row * strides[0] + v * dilations[0] - pads.top;
    if (y < 0 || y >= height) continue;
    for (let u = 0; u < kernel[1]; u++) {
      const z = column * strides[1] + u * dilations[1] - pads.left;
      if (z >= 0 && z < width) taps[count++] = y * width + z;
    }
  }
  return count;
}

/** The elements that won, in the given shape. */
export function winningElements(
  k: Kernels,
  x: DeviceTensor,
  winners: Int32Array,
  shape: readonly number[],
): DeviceTensor {
  const data = x.dataSync();
  const values = Float32Array.from(winners, (winner) => (winner < 0 ? -Infinity : data[winner]));
  return k.tensor(values, shape);
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
