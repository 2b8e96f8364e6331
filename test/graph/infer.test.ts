import test from 'ava';
import type { SmugError } from '../../dist/errors.js';
import { batchedShape, isBatched } from '../../dist/graph/batch.js';
import type { Operation } from '../../dist/graph/graph.js';
import { checkGraph, inferShape } from '../../dist/graph/infer.js';
import { operationCases } from '../engines/operation-cases.js';
import { attentionGraph } from '../support/attention-graphs.js';
import { run, Sketch } from './networks.js';

const window = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] };

test('inferred shapes are the shapes of what is computed, for random graphs of every operation', async (t) => {
  for (let seed = 1000; seed < 1100; seed++) {
    const { graph } = attentionGraph(seed);
    checkGraph(graph);
    t.true(isBatched(graph), `seed ${seed}`);
  }
  t.true(operationCases().length > 30);
});

test('a batched graph runs on any batch, and its shapes scale along axis 0', async (t) => {
  for (let seed = 2000; seed < 2050; seed++) {
    const { graph, inputs } = attentionGraph(seed);
    const batch = inputs[0].shape[0];
    const result = await run(graph, ...inputs);
    t.deepEqual(result.shape, batchedShape(graph, graph.outputs[0], batch));
  }
});

const mixing: Record<string, (s: Sketch) => string> = {
  'a transpose of the batch': (s) => s.add({ op: 'transpose', perm: [1, 0, 2] }, ['x'], 'n'),
  'a mean over the batch': (s) => s.add({ op: 'reduceMean', axes: [0], keepDims: true }, ['x'], 'n'),
  'a softmax over the batch': (s) => s.add({ op: 'softmax', axis: 0 }, ['x'], 'n'),
  'joining along the batch': (s) => s.add({ op: 'concat', axis: 0 }, ['x', 'x'], 'n'),
  'joining with a constant': (s) => s.add({ op: 'concat', axis: 1 }, ['x', s.weights(2, 1, 4)], 'n'),
  'a reshape that moves samples': (s) => s.add({ op: 'reshape', shape: [6, 4] }, ['x'], 'n'),
  'padding the batch': (s) =>
    s.add({ op: 'pad', pads: [0, 0, 0, 1, 0, 0], mode: 'constant', value: 0 }, ['x'], 'n'),
  'a part of the batch': (s) =>
    s.add({ op: 'slice', starts: [0, 0, 0], ends: [1, 3, 4], steps: [1, 1, 1] }, ['x'], 'n'),
  'a constant that differs by sample': (s) => s.add({ op: 'add' }, ['x', s.weights(2, 1, 1)], 'n'),
  'a constant with more axes': (s) => s.add({ op: 'add' }, ['x', s.weights(5, 1, 1, 1)], 'n'),
};

for (const [name, build] of Object.entries(mixing))
  test(`a graph is not batched with ${name}`, (t) => {
    const sketch = new Sketch([2, 3, 4]);
    t.false(isBatched(sketch.end(build(sketch))));
  });

const bad: Record<string, [Operation, number[][], RegExp]> = {
  'channels that do not fit the kernel': [
    { op: 'conv', ...window, groups: 1 },
    [
      [1, 3, 8, 8],
      [4, 2, 3, 3],
    ],
    /expects 2 input channels, the input has 3/,
  ],
  'groups that do not divide': [
    { op: 'conv', ...window, groups: 2 },
    [
      [1, 3, 8, 8],
      [4, 1, 3, 3],
    ],
    /2 groups do not divide/,
  ],
  'a window larger than the input': [
    { op: 'conv', ...window, groups: 1 },
    [
      [1, 3, 2, 2],
      [4, 3, 3, 3],
    ],
    /larger than the padded input/,
  ],
  'a stride of zero': [
    { op: 'conv', ...window, strides: [0, 1], groups: 1 },
    [
      [1, 3, 8, 8],
      [4, 3, 3, 3],
    ],
    /must be whole and ≥ 1/,
  ],
  'negative padding of a window': [
    { op: 'conv', ...window, pads: [-1, 0, 0, 0], groups: 1 },
    [
      [1, 3, 8, 8],
      [4, 3, 3, 3],
    ],
    /padding .* must be whole and ≥ 0/,
  ],
  'a bias of another length': [{ op: 'dense' }, [[1, 4], [4, 3], [2]], /bias must have shape \[3\]/],
  'a matrix that does not fit': [
    { op: 'dense' },
    [
      [1, 5],
      [4, 3],
    ],
    /expect 4 inputs, the input's last axis has 5/,
  ],
  'shapes that do not broadcast': [{ op: 'add' }, [[1, 4], [3]], /do not broadcast/],
  'a reshape to another size': [{ op: 'reshape', shape: [5] }, [[2, 3]], /cannot be reshaped to \[5\]/],
  'a dimension of minus one': [{ op: 'reshape', shape: [-2, -3] }, [[2, 3]], /impossible/],
  'an axis listed twice': [{ op: 'transpose', perm: [0, 0] }, [[2, 3]], /no permutation/],
  'an empty slice': [{ op: 'slice', starts: [1], ends: [1], steps: [1] }, [[3]], /is empty/],
  'a slice outside': [{ op: 'slice', starts: [0], ends: [4], steps: [1] }, [[3]], /not inside axis 0/],
  'cropping all': [{ op: 'pad', pads: [-2, -1], mode: 'constant', value: 0 }, [[3]], /leaves nothing/],
  'reflecting too far': [{ op: 'pad', pads: [3, 0], mode: 'reflect', value: 0 }, [[3]], /cannot reflect/],
  'an axis that is not there': [{ op: 'softmax', axis: 2 }, [[2, 3]], /no axis 2/],
  '2⁴⁰ elements': [{ op: 'upsample', scales: [2 ** 20, 2 ** 20] }, [[1, 1, 1, 1]], /beyond the limit/],
  'a fractional scale': [{ op: 'upsample', scales: [1.5, 2] }, [[1, 1, 4, 4]], /must be whole/],
  'a missing input': [{ op: 'dense' }, [[1, 4]], /expected 2 to 3 inputs, got 1/],
};

for (const [name, [operation, shapes, message]] of Object.entries(bad))
  test(`a bad shape is one clear error: ${name}`, (t) => {
    const error = t.throws<SmugError>(() => inferShape(operation, shapes, "node 'n'"));
    t.is(error?.code, 'BAD_MODEL');
    t.regex(error?.message ?? '', message);
    t.regex(error?.message ?? '', /^node 'n'/);
  });
