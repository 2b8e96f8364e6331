import { sizeOf } from '../../tensor.js';
import type { Kernel, OperationOf, Values } from './kernel.js';

interface Line {
  /** Flat index of its first element. */
  first: number;
  mean: number;
  /** 1/√(variance + epsilon) */
  factor: number;
}

/** Layer normalisation (Ba et al., 2016) along one axis: x̂ = (x − mean)/√(variance + ε), y = scale·x̂ + shift. */
export const layerNorm: Kernel<OperationOf<'layerNorm'>> = {
  forward(operation, [x, scale, shift], shape, allocate) {
    const output = allocate(shape);
    const { lines, length, step } = linesOf(operation, x);
    for (const { first, mean, factor } of lines)
      for (let n = 0; n < length; n++) {
        const i = first + n * step;
        output.data[i] = (x.data[i] - mean) * factor * scale.data[n] + shift.data[n];
      }
    return output;
  },

  // With u = scale·∂F/∂y: ∂F/∂x = (u − mean(u) − x̂·mean(u·x̂))/√(variance + ε).
  backward({ operation, inputs: [x, scale, shift], gradient }, allocate) {
    const [byX, byScale, byShift] = [x, scale, shift].map(({ shape }) => allocate(shape));
    const { lines, length, step } = linesOf(operation, x);
    for (const { first, mean, factor } of lines) {
      let [sum, along] = [0, 0];
      for (let n = 0; n < length; n++) {
        const i = first + n * step;
        const normal = (x.data[i] - mean) * factor;
        sum += gradient.data[i] * scale.data[n];
        along += gradient.data[i] * scale.data[n] * normal;
        byScale.data[n] += gradient.data[i] * normal;
        byShift.data[n] += gradient.data[i];
      }
      for (let n = 0; n < length; n++) {
        const i = first + n * step;
        const normal = (x.data[i] - mean) * factor;
        byX.data[i] = factor * (gradient.data[i] * scale.data[n] - (sum + normal * along) / length);
      }
    }
    return [byX, byScale, byShift];
  },
};

function linesOf({ axis, epsilon }: OperationOf<'layerNorm'>, x: Values) {
  const step = sizeOf(x.shape.slice(axis + 1));
  const length = x.shape[axis];
  const lines: Line[] = [];
  for (let outer = 0; outer < x.data.length; outer += length * step)
    for (let first = outer; first < outer + step; first++) {
      let [sum, squares] = [0, 0];
      for (let n = 0; n < length; n++) sum += x.data[first + n * step];
      const mean = sum / length;
      for (let n = 0; n < length; n++) squares += (x.data[first + n * step] - mean) ** 2;
      lines.push({ first, mean, factor: 1 / Math.sqrt(squares / length + epsilon) });
    }
  return { lines, length, step };
}
