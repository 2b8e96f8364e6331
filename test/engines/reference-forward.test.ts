import test from 'ava';
import { referenceEngine } from '../../dist/engines/reference/engine.js';
import type { OperationOf } from '../../dist/engines/reference/kernel.js';
import type { Operation } from '../../dist/graph/graph.js';
import type { Tensor } from '../../dist/tensor.js';
import { GraphBuilder } from '../support/graph-builder.js';

function tensor(shape: number[], ...values: number[]): Tensor {
  return { data: Float32Array.from(values), shape };
}

async function run(operation: Operation, x: Tensor, ...constants: Tensor[]): Promise<Tensor> {
  const builder = new GraphBuilder();
  const input = builder.input(x.shape);
  const graph = builder.build(builder.node(operation, input, ...constants.map((c) => builder.constant(c))));
  const [y] = await (await referenceEngine.compile(graph)).forward([x]);
  return y;
}

const counting = tensor([1, 1, 3, 3], 1, 2, 3, 4, 5, 6, 7, 8, 9);
const window = { pads: [0, 0, 0, 0], dilations: [1, 1], ceil: false };

test('a convolution is a correlation: the kernel is not flipped', async (t) => {
  const y = await run(
    { op: 'conv', strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1 },
    counting,
    tensor([1, 1, 2, 2], 1, 0, 0, -10),
    tensor([1], 100),
  );
  t.deepEqual(y, tensor([1, 1, 2, 2], 100 + 1 - 50, 100 + 2 - 60, 100 + 4 - 80, 100 + 5 - 90));
});

test('a padded, strided, dilated convolution reads zeros outside', async (t) => {
  const y = await run(
    { op: 'conv', strides: [2, 2], pads: [1, 1, 1, 1], dilations: [2, 2], groups: 1 },
    counting,
    tensor([1, 1, 2, 2], 1, 2, 3, 4),
  );
  // The only window starts at (−1, −1) and reads (−1,−1), (−1,1), (1,−1), (1,1); strides leave one more a side.
  t.deepEqual(y, tensor([1, 1, 2, 2], 4 * 5, 3 * 5, 2 * 5, 1 * 5));
});

test('groups see their own channels only', async (t) => {
  const y = await run(
    { op: 'conv', strides: [1], pads: [0, 0], dilations: [1], groups: 2 },
    tensor([1, 2, 2], 1, 2, 10, 20),
    tensor([2, 1, 1], 3, 5),
  );
  t.deepEqual(y, tensor([1, 2, 2], 3, 6, 50, 100));
});

test('a dense layer contracts the last axis', async (t) => {
  const y = await run(
    { op: 'dense' },
    tensor([1, 2], 1, 2),
    tensor([2, 3], 1, 2, 3, 4, 5, 6),
    tensor([3], 0, 0, 1),
  );
  t.deepEqual(y, tensor([1, 3], 9, 12, 16));
});

test('maximum pooling with ceil keeps the last, partial windows', async (t) => {
  const pool: OperationOf<'maxPool'> = { op: 'maxPool', kernel: [2, 2], strides: [2, 2], ...window };
  t.deepEqual(await run(pool, counting), tensor([1, 1, 1, 1], 5));
  t.deepEqual(await run({ ...pool, ceil: true }, counting), tensor([1, 1, 2, 2], 5, 6, 8, 9));
});

test('padding never wins a maximum', async (t) => {
  const x = tensor([1, 1, 1, 2], -3, -2);
  const y = await run({ op: 'maxPool', kernel: [1, 2], strides: [1, 1], ...window, pads: [0, 1, 0, 1] }, x);
  t.deepEqual(y, tensor([1, 1, 1, 3], -3, -2, -2));
});

test('an average counts padding when told to, never what lies beyond it', async (t) => {
  const pool: Omit<OperationOf<'averagePool'>, 'countIncludePad'> = {
    op: 'averagePool',
    kernel: [1, 2],
    strides: [1, 2],
    dilations: [1, 1],
    pads: [0, 1, 0, 0],
    ceil: true,
  };
  const x = tensor([1, 1, 1, 4], 2, 4, 6, 8);
  // Windows: (pad, 2), (4, 6), (8, beyond).
  t.deepEqual(await run({ ...pool, countIncludePad: true }, x), tensor([1, 1, 1, 3], 1, 5, 8));
  t.deepEqual(await run({ ...pool, countIncludePad: false }, x), tensor([1, 1, 1, 3], 2, 5, 8));
});

test('LRN divides by the squares of the neighbouring channels', async (t) => {
  const x = tensor([1, 3, 1], 1, 2, 3);
  const odd = await run({ op: 'lrn', size: 3, alpha: 3, beta: 1, bias: 1 }, x);
  t.deepEqual(odd, tensor([1, 3, 1], 1 / 6, 2 / 15, 3 / 14));
  // An even window reaches one channel further ahead than behind.
  const even = await run({ op: 'lrn', size: 2, alpha: 2, beta: 1, bias: 1 }, x);
  t.deepEqual(even, tensor([1, 3, 1], 1 / 6, 2 / 14, 3 / 10));
});

test('activations at their kinks and far away from them', async (t) => {
  const at = async (operation: Operation, ...values: number[]) => [
    ...(await run(operation, tensor([1, values.length], ...values))).data,
  ];
  t.deepEqual(await at({ op: 'relu' }, -1, 0, 2), [0, 0, 2]);
  t.deepEqual(await at({ op: 'clip', min: 0, max: 6 }, -1, 3, 7), [0, 3, 6]);
  t.deepEqual(await at({ op: 'leakyRelu', alpha: 0.25 }, -4, 0, 2), [-1, 0, 2]);
  t.deepEqual(await at({ op: 'hardSigmoid', alpha: 0.25, beta: 0.5 }, -9, 0, 1, 9), [0, 0.5, 0.75, 1]);
  t.deepEqual(await at({ op: 'hardSwish' }, -3, 0, 3, 9), [-0, 0, 3, 9]);
  t.deepEqual(await at({ op: 'sigmoid' }, -1000, 0, 1000), [0, 0.5, 1]);
  t.deepEqual(await at({ op: 'tanh' }, -1000, 0, 1000), [-1, 0, 1]);
  t.deepEqual(await at({ op: 'softplus' }, -1000, 1000), [0, 1000]);
  t.deepEqual(await at({ op: 'swish', alpha: 1 }, -1000, 0, 1000), [-0, 0, 1000]);
  t.deepEqual(await at({ op: 'elu', alpha: 2 }, -1000, 3), [-2, 3]);
});

test('softmax neither overflows nor loses small differences', async (t) => {
  const y = await run({ op: 'softmax', axis: 1 }, tensor([1, 2], 1000, 1000));
  t.deepEqual([...y.data], [0.5, 0.5]);
  const z = await run({ op: 'logSoftmax', axis: 1 }, tensor([1, 2], 0, 1000));
  t.deepEqual([...z.data], [-1000, 0]);
});

test('moving elements: reflect, edge, negative steps, crops, broadcasting, gather', async (t) => {
  const line = tensor([1, 4], 1, 2, 3, 4);
  const pad = (mode: 'constant' | 'reflect' | 'edge', ...pads: number[]) =>
    run({ op: 'pad', pads, mode, value: 9 }, line);
  t.deepEqual([...(await pad('reflect', 0, 2, 0, 3)).data], [3, 2, 1, 2, 3, 4, 3, 2, 1]);
  t.deepEqual([...(await pad('edge', 0, 1, 0, 2)).data], [1, 1, 2, 3, 4, 4, 4]);
  t.deepEqual([...(await pad('constant', 0, -1, 0, 2)).data], [2, 3, 4, 9, 9]);
  const reversed = await run({ op: 'slice', starts: [0, 3], ends: [1, -1], steps: [1, -1] }, line);
  t.deepEqual([...reversed.data], [4, 3, 2, 1]);
  const sums = await run({ op: 'add' }, tensor([1, 2, 1], 1, 2), tensor([3], 10, 20, 30));
  t.deepEqual(sums, tensor([1, 2, 3], 11, 21, 31, 12, 22, 32));
  const picked = await run({ op: 'gather', axis: 1 }, line, tensor([3], 3, -1, 0));
  t.deepEqual(picked, tensor([1, 3], 4, 4, 1));
  const wide = await run({ op: 'upsample', scales: [2] }, tensor([1, 1, 2], 1, 2));
  t.deepEqual([...wide.data], [1, 1, 2, 2]);
});

test('erf, gelu, √, layer normalisation and products of matrices', async (t) => {
  // NIST DLMF, table 7.23: erf 0.5, 1, 3; the normal distribution at 1 and −5.
  const near = (got: Tensor, ...want: number[]) =>
    want.forEach((value, at) =>
      t.true(Math.abs(got.data[at] - value) <= 1e-7 * Math.abs(value), `${got.data[at]}`),
    );
  const erf = await run({ op: 'erf' }, tensor([1, 5], -1, 0, 0.5, 1, 3));
  near(erf, -0.8427007929497149, 0, 0.5204998778130465, 0.8427007929497149, 0.9999779095030014);
  const gelu = await run({ op: 'gelu' }, tensor([1, 4], 1, -1, -5, 0));
  near(gelu, 0.8413447460685429, -0.15865525393145707, -5 * 2.866515718791939e-7, 0);
  near(await run({ op: 'sqrt' }, tensor([1, 2], 4, 2)), 2, Math.SQRT2);
  // Mean 2 and variance 2/3, or mean 1 and variance 1 with ε 3.
  const row = await run(
    { op: 'layerNorm', axis: 1, epsilon: 0 },
    tensor([1, 3], 1, 2, 3),
    tensor([3], 2, 1, 1),
    tensor([3], 0, 5, 1),
  );
  near(row, -2 * Math.sqrt(1.5), 5, 1 + Math.sqrt(1.5));
  const ones = [tensor([2], 1, 1), tensor([2], 0, 0)];
  near(await run({ op: 'layerNorm', axis: 1, epsilon: 3 }, tensor([1, 2, 1], 0, 2), ...ones), -0.5, 0.5);
  const [a, b] = [tensor([1, 2, 3], 1, 2, 3, 4, 5, 6), tensor([1, 3, 1], 1, 10, 100)];
  t.deepEqual(await run({ op: 'matMul' }, a, b), tensor([1, 2, 1], 321, 654));
});

test('derivatives at kinks come from the left, tied maxima pay the first', async (t) => {
  const slope = async (operation: Operation, x: Tensor) => {
    const builder = new GraphBuilder();
    const y = builder.node(operation, builder.input(x.shape));
    const size = builder.shape(y).reduce((a, b) => a * b, 1);
    const flat = builder.node({ op: 'reshape', shape: [1, size] }, y);
    const ones = builder.constant(tensor([size, 1], ...new Array<number>(size).fill(1)));
    const graph = builder.build(builder.node({ op: 'dense' }, flat, ones));
    const network = await referenceEngine.compile(graph);
    return [...(await network.gradient({ inputs: [x], targets: [0] })).gradients.data];
  };
  t.deepEqual(await slope({ op: 'relu' }, tensor([1, 3], -1, 0, 1)), [0, 0, 1]);
  t.deepEqual(await slope({ op: 'leakyRelu', alpha: 0.5 }, tensor([1, 3], -1, 0, 1)), [0.5, 0.5, 1]);
  t.deepEqual(await slope({ op: 'clip', min: 0, max: 6 }, tensor([1, 3], 0, 3, 6)), [0, 1, 0]);
  const tied = tensor([1, 1, 2, 2], 7, 7, 7, 7);
  t.deepEqual(await slope({ op: 'globalMaxPool' }, tied), [1, 0, 0, 0]);
  const pool: OperationOf<'maxPool'> = { op: 'maxPool', kernel: [2, 2], strides: [1, 1], ...window };
  t.deepEqual(await slope(pool, tied), [1, 0, 0, 0]);
});
