import type { Tensor } from '../../tensor.js';
import type { OperationOf } from '../reference/kernel.js';
import type { DeviceTensor } from './kernels.js';
import { constantOperand, disposeAll, Kept, type Prepare } from './program.js';

const none = { top: 0, bottom: 0, left: 0, right: 0 };

/** A 1×1 convolution over the rows of x: its kernel keeps the weights packed, unlike the matrix product's. */
export const dense: Prepare<OperationOf<'dense'>> = (site) => {
  const k = site.kernels;
  const weights = constantOperand(site, 1, 'weights');
  const bias = site.shapes.length > 2 ? constantOperand(site, 2, 'bias') : undefined;
  const [depth, width] = weights.shape;
  const forward = new Kept(k, () => k.tensor(weights.data, [1, 1, depth, width]));
  const backward = new Kept(k, () => k.tensor(transposed(weights), [1, 1, width, depth]));
  const biases = bias && new Kept(k, () => k.tensor(bias.data, bias.shape));
  const product = (x: DeviceTensor, filter: Kept, term: Kept | undefined, columns: number) => {
    const rows = x.size / x.shape[x.rank - 1]!;
    const plane = k.reshape(x, [1, rows, 1, x.size / rows]);
    const y = k.conv2d(plane, filter.value, term?.value, [1, 1], [1, 1], none);
    return k.reshape(y, [...x.shape.slice(0, -1), columns]);
  };
  return {
    forms: [{ layout: 'plain' }, null, null],
    layout: 'plain',
    saves: { inputs: false, output: false },
    forward: ([x]) => product(x, forward, biases, width),
    backward: ({ gradient }) => [product(gradient, backward, undefined, depth)],
    dispose: () => disposeAll([forward, backward, ...(biases ? [biases] : [])]),
  };
};

function transposed({ data, shape: [rows, columns] }: Tensor): Float32Array {
  const result = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) result[c * rows + r] = data[r * columns + c];
  }
  return result;
}
