import type { OperationOf } from '../reference/kernel.js';
import type { DeviceTensor } from './kernels.js';
import type { Prepare } from './program.js';

/** The kernel BatchMatMul, on three axes. */
export const matMul: Prepare<OperationOf<'matMul'>> = ({ kernels: k }) => {
  const flat = (x: DeviceTensor) => {
    const [rows, columns] = x.shape.slice(-2);
    return k.reshape(x, [x.size / (rows * columns), rows, columns]);
  };
  return {
    forms: [{ layout: 'plain' }, { layout: 'plain' }],
    layout: 'plain',
    saves: { inputs: true, output: false },
    forward: ([a, b]) =>
      k.reshape(k.batchMatMul(flat(a), flat(b)), [...a.shape.slice(0, -1), b.shape[b.rank - 1]]),
    backward({ inputs: [a, b], gradient, wanted }) {
      const by = flat(gradient);
      const turned = (x: DeviceTensor) => k.transpose(flat(x), [0, 2, 1]);
      return [
        wanted[0] ? k.reshape(k.batchMatMul(by, turned(b)), a.shape) : undefined,
        wanted[1] ? k.reshape(k.batchMatMul(turned(a), by), b.shape) : undefined,
      ];
    },
  };
};
