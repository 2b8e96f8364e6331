import test from 'ava';
import { referenceEngine } from '../../dist/engines/reference/engine.js';
import { parseOnnx } from '../../dist/loaders/onnx/load.js';
import { Model } from '../../dist/model/model.js';
import type { OnnxGraph, OnnxNode } from '../../dist/loaders/onnx/schema.js';
import { floats, ints, model, node, value } from './onnx-writer.js';

type Form = [opset: number, nodes: OnnxNode[], initializers?: OnnxGraph['initializers']];

interface Case {
  /** Input values and shape. */
  x: number[];
  shape: number[];
  y: number[];
  yShape: number[];
  /** The ways in which operator sets have written the same operation. */
  forms: Form[];
}

const cases: Record<string, Case> = {
  Slice: {
    x: [1, 2, 3, 4, 5, 6],
    shape: [2, 3],
    y: [2, 3, 5, 6],
    yShape: [2, 2],
    forms: [
      [9, [node('Slice', ['x'], ['y'], { starts: [1], ends: [9], axes: [1] })]],
      [
        10,
        [node('Slice', ['x', 's', 'e', 'a'], ['y'])],
        [ints('s', [1], [-2]), ints('e', [1], [2 ** 62]), ints('a', [1], [-1])],
      ],
    ],
  },
  Pad: {
    x: [1, 2],
    shape: [1, 2],
    y: [7, 1, 2, 7, 7],
    yShape: [1, 5],
    forms: [
      [6, [node('Pad', ['x'], ['y'], { pads: [0, 1, 0, 2], value: { float: 7 } })]],
      [11, [node('Pad', ['x', 'p', 'v'], ['y'])], [ints('p', [4], [0, 1, 0, 2]), floats('v', [], [7])]],
      [
        18,
        [node('Pad', ['x', 'p', 'v', 'a'], ['y'])],
        [ints('p', [2], [1, 2]), floats('v', [], [7]), ints('a', [1], [-1])],
      ],
    ],
  },
  Clip: {
    x: [-3, 0.5, 9],
    shape: [1, 3],
    y: [-1, 0.5, 6],
    yShape: [1, 3],
    forms: [
      [6, [node('Clip', ['x'], ['y'], { min: { float: -1 }, max: { float: 6 } })]],
      [11, [node('Clip', ['x', 'l', 'h'], ['y'])], [floats('l', [], [-1]), floats('h', [], [6])]],
    ],
  },
  'Add along an axis': {
    x: [1, 2, 3, 4],
    shape: [1, 2, 2],
    y: [11, 12, 23, 24],
    yShape: [1, 2, 2],
    forms: [
      [6, [node('Add', ['x', 'b'], ['y'], { axis: 1, broadcast: 1 })], [floats('b', [2], [10, 20])]],
      [7, [node('Add', ['x', 'b'], ['y'])], [floats('b', [2, 1], [10, 20])]],
    ],
  },
  'PRelu by channel': {
    x: [-1, 2, -3, 4],
    shape: [1, 2, 2],
    y: [-0.5, 2, -0.75, 4],
    yShape: [1, 2, 2],
    forms: [
      [6, [node('PRelu', ['x', 's'], ['y'])], [floats('s', [2], [0.5, 0.25])]],
      [9, [node('PRelu', ['x', 's'], ['y'])], [floats('s', [2, 1], [0.5, 0.25])]],
    ],
  },
  'nearest-neighbour enlargement': {
    x: [1, 2],
    shape: [1, 1, 2],
    y: [1, 1, 2, 2],
    yShape: [1, 1, 4],
    forms: [
      [8, [node('Upsample', ['x'], ['y'], { scales: { floats: [1, 1, 2] } })]],
      [9, [node('Upsample', ['x', 's'], ['y'])], [floats('s', [3], [1, 1, 2])]],
      [10, [node('Resize', ['x', 's'], ['y'])], [floats('s', [3], [1, 1, 2])]],
      [13, [node('Resize', ['x', '', 's'], ['y'])], [floats('s', [3], [1, 1, 2])]],
      [18, [node('Resize', ['x', '', '', 'n'], ['y'], { axes: [2] })], [ints('n', [1], [4])]],
    ],
  },
  'a softmax over all trailing axes': {
    x: [0, 0, 0, 0],
    shape: [1, 2, 2],
    y: [0.25, 0.25, 0.25, 0.25],
    yShape: [1, 2, 2],
    forms: [
      [7, [node('Softmax', ['x'], ['y'])]],
      [
        13,
        [
          node('Flatten', ['x'], ['f']),
          node('Softmax', ['f'], ['p'], { axis: 1 }),
          node('Reshape', ['p', 's'], ['y']),
        ],
        [ints('s', [3], [1, 2, 2])],
      ],
    ],
  },
  'a mean that drops its axis': {
    x: [1, 2, 3, 6],
    shape: [1, 2, 2],
    y: [1.5, 4.5],
    yShape: [1, 2],
    forms: [
      [11, [node('ReduceMean', ['x'], ['y'], { axes: [-1], keepdims: 0 })]],
      [18, [node('ReduceMean', ['x', 'a'], ['y'], { keepdims: 0 })], [ints('a', [1], [-1])]],
    ],
  },
  'the last of uneven parts': {
    x: [1, 2, 3, 4, 5],
    shape: [1, 5],
    y: [5],
    yShape: [1, 1],
    forms: [
      [11, [node('Split', ['x'], ['a', 'b', 'y'], { axis: 1, split: [2, 2, 1] })]],
      [13, [node('Split', ['x', 's'], ['a', 'b', 'y'], { axis: 1 })], [ints('s', [3], [2, 2, 1])]],
      [18, [node('Split', ['x'], ['a', 'b', 'y'], { axis: 1, num_outputs: 3 })]],
    ],
  },
  'axes of one, in and out': {
    x: [1, 2],
    shape: [1, 2, 1],
    y: [1, 2],
    yShape: [1, 1, 2],
    forms: [
      [11, [node('Squeeze', ['x'], ['s'], { axes: [2] }), node('Unsqueeze', ['s'], ['y'], { axes: [1] })]],
      [
        13,
        [node('Squeeze', ['x', 'last'], ['s']), node('Unsqueeze', ['s', 'one'], ['y'])],
        [ints('last', [1], [-1]), ints('one', [1], [1])],
      ],
    ],
  },
  Dropout: {
    x: [1, 2],
    shape: [1, 2],
    y: [1, 2],
    yShape: [1, 2],
    forms: [
      [6, [node('Dropout', ['x'], ['y'], { ratio: { float: 0.5 }, is_test: 1 })]],
      [12, [node('Dropout', ['x', 'r'], ['y'])], [floats('r', [], [0.5])]],
    ],
  },
};

for (const [name, { x, shape, y, yShape, forms }] of Object.entries(cases))
  test(`every operator set writes it in its own way, and all mean the same: ${name}`, async (t) => {
    for (const [opset, nodes, initializers = []] of forms) {
      const bytes = model({ nodes, initializers, inputs: [value('x', shape)] }, opset);
      const file = parseOnnx(bytes, `opset ${opset}`, () => new Uint8Array());
      const [result] = await new Model(file, referenceEngine).predict([
        { data: Float32Array.from(x), shape },
      ]);
      t.deepEqual(result.shape, yShape, `opset ${opset}`);
      t.deepEqual([...result.data], y, `opset ${opset}`);
    }
  });
