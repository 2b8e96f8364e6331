import type { Kernel, OperationOf } from './kernel.js';

/** y[r, m] = b[m] + Σ_k x[r, k] · W[k, m]; r runs over all axes of x but the last. */
export const dense: Kernel<OperationOf<'dense'>> = {
  forward(_, [x, weights, bias], shape, allocate) {
    const [depth, width] = weights.shape;
    const output = allocate(shape);
    const sums = new Float64Array(width);
    for (let r = 0; r * width < output.data.length; r++) {
      if (bias) sums.set(bias.data);
      else sums.fill(0);
      for (let k = 0; k < depth; k++) {
        const factor = x.data[r * depth + k];
        for (let m = 0; m < width; m++) sums[m] += factor * weights.data[k * width + m];
      }
      output.data.set(sums, r * width);
    }
    return output;
  },

  backward({ inputs: [x, weights, bias], gradient, wanted }, allocate) {
    const [depth, width] = weights.shape;
    const byX = allocate(x.shape);
    const byWeights = new Float64Array(wanted[1] ? depth * width : 0);
    const byBias = new Float64Array(width);
    for (let r = 0; r * width < gradient.data.length; r++) {
      for (let k = 0; k < depth; k++) {
        let sum = 0;
        for (let m = 0; m < width; m++) sum += gradient.data[r * width + m] * weights.data[k * width + m];
        byX.data[r * depth + k] = sum;
      }
      for (let m = 0; m < width; m++) {
        byBias[m] += gradient.data[r * width + m];
        if (!wanted[1]) continue;
        for (let k = 0; k < depth; k++) {
          byWeights[k * width + m] += x.data[r * depth + k] * gradient.data[r * width + m];
        }
      }
    }
    const result: ReturnType<typeof dense.backward> = [byX, undefined, undefined];
    if (wanted[1]) (result[1] = allocate(weights.shape)).data.set(byWeights);
    if (wanted[2] && bias) (result[2] = allocate(bias.shape)).data.set(byBias);
    return result;
  },
};
