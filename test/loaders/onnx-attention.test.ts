// A block of ConvNeXt and one of a transformer, against their definitions written out.
import test, { type ExecutionContext } from 'ava';
import type { Engine } from '../../dist/engines/engine.js';
import { referenceEngine } from '../../dist/engines/reference/engine.js';
import { createTfjsEngine } from '../../dist/engines/tfjs/engine.js';
import { parseOnnx } from '../../dist/loaders/onnx/load.js';
import { Model } from '../../dist/model/model.js';
import { cpuEngine } from '../support/cpu-here.js';
import { gelu } from '../support/gelu.js';
import { cpuAddon } from '../support/needs.js';
import { Random } from '../support/random.js';
import { floats, ints, model, node, value } from './onnx-writer.js';

const random = new Random(17);
const numbers = (size: number, scale = 1) => random.tensor([size], scale).data;
const parse = (bytes: Uint8Array) => parseOnnx(bytes, 'test.onnx', () => new Uint8Array());

/** Some roundings of float32 in sums of a few dozen terms near 1. */
const TOLERANCE = 1e-5;

const portable = [referenceEngine, await createTfjsEngine({ threads: 1 })];
const engines: Engine[] = cpuAddon.missing ? portable : [...portable, cpuEngine()];

type Matrix = number[][];
const rowsOf = (data: ArrayLike<number>, width: number): Matrix =>
  Array.from({ length: data.length / width }, (_, r) => Array.from(data).slice(r * width, (r + 1) * width));
const times = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0].map((_, column) => row.reduce((sum, entry, k) => sum + entry * b[k][column], 0)));
const turned = (a: Matrix): Matrix => a[0].map((_, column) => a.map((row) => row[column]));

function normalised(row: number[], scale: ArrayLike<number>, shift: ArrayLike<number>): number[] {
  const mean = row.reduce((a, b) => a + b) / row.length;
  const variance = row.reduce((sum, entry) => sum + (entry - mean) ** 2, 0) / row.length;
  return row.map((entry, at) => ((entry - mean) / Math.sqrt(variance + 1e-5)) * scale[at] + shift[at]);
}

async function gives(
  t: ExecutionContext,
  bytes: Uint8Array,
  inputs: Float32Array[],
  shape: number[],
  expected: number[][],
) {
  // One sample, and both at once: as rows of a batch each must come out as alone.
  const joined = Float32Array.from(inputs.flatMap((input) => [...input]));
  for (const engine of engines) {
    const network = new Model(parse(bytes), engine);
    const [both] = await network.predict([{ data: joined, shape: [inputs.length, ...shape.slice(1)] }]);
    const [one] = await network.predict([{ data: inputs[0], shape }]);
    network.dispose();
    t.is(both.data.length, expected.flat().length);
    expected
      .flat()
      .forEach((want, at) =>
        t.true(Math.abs(both.data[at] - want) < TOLERANCE, `${engine.name} ${at}: ${both.data[at]}, ${want}`),
      );
    expected[0].forEach((want, at) =>
      t.true(Math.abs(one.data[at] - want) < TOLERANCE, `${engine.name} alone ${at}`),
    );
  }
}

test('a block of ConvNeXt: depthwise convolution, normalised channels, two layers with gelu, layer scale, sum', async (t) => {
  const [channels, side, wide] = [4, 5, 8];
  const kernel = numbers(channels * 9, 0.3);
  const [scale, shift, gamma] = [numbers(channels), numbers(channels), numbers(channels)];
  const [up, down] = [numbers(channels * wide, 0.5), numbers(wide * channels, 0.5)];
  const bias = numbers(wide, 0.3);
  const x = [numbers(channels * side * side), numbers(channels * side * side)];
  const initializers = [
    floats('kernel', [channels, 1, 3, 3], kernel),
    floats('scale', [channels], scale),
    floats('shift', [channels], shift),
    floats('up', [channels, wide], up),
    floats('bias', [wide], bias),
    floats('down', [wide, channels], down),
    floats('gamma', [channels], gamma),
    floats('root', [], [Math.SQRT2]),
    floats('one', [], [1]),
    floats('half', [], [0.5]),
  ];
  const nodes = [
    node('Conv', ['x', 'kernel'], ['c'], { pads: [1, 1, 1, 1], group: channels }),
    node('Transpose', ['c'], ['last'], { perm: [0, 2, 3, 1] }),
    node('LayerNormalization', ['last', 'scale', 'shift'], ['n'], { axis: -1, epsilon: { float: 1e-5 } }),
    node('MatMul', ['n', 'up'], ['u0']),
    node('Add', ['u0', 'bias'], ['u']),
    node('Div', ['u', 'root'], ['r']),
    node('Erf', ['r'], ['e']),
    node('Add', ['e', 'one'], ['p']),
    node('Mul', ['u', 'p'], ['q']),
    node('Mul', ['q', 'half'], ['g']),
    node('MatMul', ['g', 'down'], ['d']),
    node('Mul', ['d', 'gamma'], ['m']),
    node('Transpose', ['m'], ['first'], { perm: [0, 3, 1, 2] }),
    node('Add', ['first', 'x'], ['y']),
  ];
  const shape = [1, channels, side, side];
  const bytes = model({ inputs: [value('x', shape)], initializers, nodes }, 17);
  const expected = x.map((sample) => {
    const y = new Array<number>(sample.length);
    for (let i = 0; i < side; i++)
      for (let j = 0; j < side; j++) {
        const pixel = Array.from({ length: channels }, (_, c) => {
          let sum = 0;
          for (let a = -1; a <= 1; a++)
            for (let b = -1; b <= 1; b++)
              if (i + a >= 0 && i + a < side && j + b >= 0 && j + b < side)
                sum += sample[(c * side + i + a) * side + j + b] * kernel[c * 9 + (a + 1) * 3 + b + 1];
          return sum;
        });
        const hidden = times([normalised(pixel, scale, shift)], rowsOf(up, wide))[0].map((entry, at) =>
          gelu(entry + bias[at]),
        );
        const result = times([hidden], rowsOf(down, channels))[0];
        result.forEach((entry, c) => {
          const at = (c * side + i) * side + j;
          y[at] = sample[at] + entry * gamma[c];
        });
      }
    return y;
  });
  await gives(t, bytes, x, shape, expected);
});

test('a block of a transformer: class token, positions, two heads of attention, sum, the token read', async (t) => {
  const [patches, width, heads] = [5, 6, 2];
  const [tokens, depth] = [patches + 1, width / heads];
  const [token, positions] = [numbers(width), numbers(tokens * width)];
  const [scale, shift] = [numbers(width), numbers(width)];
  const [qkv, out] = [numbers(width * 3 * width, 0.5), numbers(width * width, 0.5)];
  const x = [numbers(patches * width), numbers(patches * width)];
  const initializers = [
    floats('token', [1, 1, width], token),
    floats('positions', [1, tokens, width], positions),
    floats('scale', [width], scale),
    floats('shift', [width], shift),
    floats('qkv', [width, 3 * width], qkv),
    floats('out', [width, width], out),
    floats('root', [], [Math.sqrt(depth)]),
    ints('parts', [5], [1, tokens, 3, heads, depth]),
    ints('whole', [3], [1, tokens, width]),
    ints('axis', [1], [0]),
    ints('zero', [], [0]),
  ];
  const nodes = [
    node('Concat', ['token', 'x'], ['joined'], { axis: 1 }),
    node('Add', ['joined', 'positions'], ['placed']),
    node('LayerNormalization', ['placed', 'scale', 'shift'], ['n'], { epsilon: { float: 1e-5 } }),
    node('MatMul', ['n', 'qkv'], ['w']),
    node('Reshape', ['w', 'parts'], ['r']),
    node('Transpose', ['r'], ['t'], { perm: [2, 0, 3, 1, 4] }),
    node('Split', ['t'], ['q0', 'k0', 'v0'], { axis: 0 }),
    ...['q', 'k', 'v'].map((name) => node('Squeeze', [`${name}0`, 'axis'], [name])),
    node('Transpose', ['k'], ['kt'], { perm: [0, 1, 3, 2] }),
    node('MatMul', ['q', 'kt'], ['a0']),
    node('Div', ['a0', 'root'], ['a']),
    node('Softmax', ['a'], ['s'], { axis: -1 }),
    node('MatMul', ['s', 'v'], ['h0']),
    node('Transpose', ['h0'], ['h1'], { perm: [0, 2, 1, 3] }),
    node('Reshape', ['h1', 'whole'], ['h']),
    node('MatMul', ['h', 'out'], ['o']),
    node('Add', ['placed', 'o'], ['z']),
    node('Gather', ['z', 'zero'], ['y'], { axis: 1 }),
  ];
  const shape = [1, patches, width];
  const bytes = model({ inputs: [value('x', shape)], initializers, nodes }, 17);
  const expected = x.map((sample) => {
    const placed = [Array.from(token), ...rowsOf(sample, width)].map((row, r) =>
      row.map((entry, c) => entry + positions[r * width + c]),
    );
    const wide = times(
      placed.map((row) => normalised(row, scale, shift)),
      rowsOf(qkv, 3 * width),
    );
    const attended = placed.map(() => [] as number[]);
    for (let head = 0; head < heads; head++) {
      const [q, k, v] = [0, 1, 2].map((part) =>
        wide.map((row) => row.slice(part * width + head * depth, part * width + (head + 1) * depth)),
      );
      const weights = times(q, turned(k)).map((row) => {
        const powers = row.map((entry) => Math.exp(entry / Math.sqrt(depth)));
        const sum = powers.reduce((a, b) => a + b);
        return powers.map((power) => power / sum);
      });
      times(weights, v).forEach((row, r) => attended[r].push(...row));
    }
    return times(attended, rowsOf(out, width))[0].map((entry, c) => entry + placed[0][c]);
  });
  await gives(t, bytes, x, shape, expected);
});

test('gelu by tanh is the approximation, and by name only', async (t) => {
  const data = Float32Array.of(-6, -1.5, -0.5, 0, 0.5, 1.5, 6, 30);
  const bytes = (approximate: string) =>
    model({ inputs: [value('x', [1, 8])], nodes: [node('Gelu', ['x'], ['y'], { approximate })] }, 20);
  for (const engine of engines) {
    const network = new Model(parse(bytes('tanh')), engine);
    const [y] = await network.predict([{ data, shape: [1, 8] }]);
    network.dispose();
    data.forEach((x, at) => {
      const want = 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
      t.true(Math.abs(y.data[at] - want) <= 4e-7 * Math.max(1, Math.abs(x)), `${x}: ${y.data[at]}, ${want}`);
    });
  }
  t.throws(() => parse(bytes('sigmoid')).instantiate(new Map()), {
    code: 'BAD_MODEL',
    message: /none, tanh/,
  });
});
