// Operators that become several operations of the graph, against their definitions.
import test from 'ava';
import { createTfjsEngine } from '../../dist/engines/tfjs/engine.js';
import { referenceEngine } from '../../dist/engines/reference/engine.js';
import { parseOnnx } from '../../dist/loaders/onnx/load.js';
import { Model } from '../../dist/model/model.js';
import { floats, ints, model, node, value } from './onnx-writer.js';

const x = Float32Array.of(-30, -3, -1.5, -1, -0.5, 0, 0.25, 1, 2, 3.5, 8, 30);
const y = Float32Array.from(x, (_, at) => 5 * Math.sin(at));

const pair = (type: string) =>
  model({ inputs: [value('x', [1, 12]), value('z', [1, 12])], nodes: [node(type, ['x', 'z'], ['y'])] });
const one = (type: string, attributes = {}) =>
  model({ inputs: [value('x', [1, 12])], nodes: [node(type, ['x'], ['y'], attributes)] }, 18);
const limits = (type: string) =>
  model({
    inputs: [value('x', [1, 12])],
    initializers: [floats('z', [12], y)],
    nodes: [node(type, ['x', 'z'], ['y'])],
  });

const cases: Record<string, [bytes: Uint8Array, f: (x: number, y: number) => number, inputs?: number]> = {
  Abs: [one('Abs'), (v) => Math.abs(v)],
  Softsign: [one('Softsign'), (v) => v / (1 + Math.abs(v))],
  Mish: [one('Mish'), (v) => v * Math.tanh(Math.log1p(Math.exp(v)))],
  'Celu of 0.5': [one('Celu', { alpha: { float: 0.5 } }), (v) => (v > 0 ? v : 0.5 * Math.expm1(v / 0.5))],
  'Max of two': [pair('Max'), Math.max, 2],
  'Min of two': [pair('Min'), Math.min, 2],
  'Max with a row': [limits('Max'), Math.max],
  'Min with a row': [limits('Min'), Math.min],
};

for (const [name, [bytes, f, inputs = 1]] of Object.entries(cases))
  test(`${name} is what its definition says, on both portable engines`, async (t) => {
    const tensors = [x, y].slice(0, inputs).map((data) => ({ data, shape: [1, 12] }));
    for (const engine of [referenceEngine, await createTfjsEngine()]) {
      const network = new Model(
        parseOnnx(bytes, 'test.onnx', () => new Uint8Array()),
        engine,
      );
      const [{ data }] = await network.predict(tensors);
      network.dispose();
      data.forEach((got, at) => {
        const want = f(x[at], y[at]);
        // Some roundings of float32, relative to the operands.
        t.true(
          Math.abs(got - want) <= 4e-7 * Math.max(1, Math.abs(x[at]), Math.abs(y[at])),
          `${x[at]}: ${got}, ${want}`,
        );
      });
    }
  });

test('Tile repeats along every axis, and refuses what no network asks for', async (t) => {
  const tiled = (repeats: number[]) =>
    parseOnnx(
      model({
        inputs: [value('x', [1, 2, 1])],
        initializers: [ints('r', [3], repeats)],
        nodes: [node('Tile', ['x', 'r'], ['y'])],
      }),
      'test.onnx',
      () => new Uint8Array(),
    );
  const network = new Model(tiled([1, 2, 3]), referenceEngine);
  const [{ data, shape }] = await network.predict([{ data: Float32Array.of(1, 2), shape: [1, 2, 1] }]);
  t.deepEqual(shape, [1, 4, 3]);
  t.deepEqual([...data], [1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2]);
  t.throws(() => tiled([1, 2 ** 40, 1]).instantiate(new Map()), { code: 'UNSUPPORTED_OPERATOR' });
  t.throws(() => tiled([1, 0, 1]).instantiate(new Map()), { message: /whole numbers from 1/ });
});

test('ReduceMax takes the maximum over any axes but the batch', async (t) => {
  const shape = [2, 3, 4, 2];
  const data = Float32Array.from({ length: 48 }, (_, at) => ((at * 31) % 47) - 40);
  const reduced = (axes: number[], keepdims: number) =>
    parseOnnx(
      model({
        inputs: [value('x', shape)],
        nodes: [node('ReduceMax', ['x'], ['y'], { axes, keepdims })],
      }),
      'test.onnx',
      () => new Uint8Array(),
    );
  for (const axes of [[1], [2], [3], [-1], [2, 3], [1, 3], [1, 2], [1, 2, 3]])
    for (const keep of [0, 1]) {
      const gone = axes.map((axis) => (axis + 4) % 4);
      const want = new Map<string, number>();
      data.forEach((number, at) => {
        const place = [Math.floor(at / 24), Math.floor(at / 8) % 3, Math.floor(at / 2) % 4, at % 2];
        const key = place.filter((_, axis) => !gone.includes(axis)).join();
        want.set(key, Math.max(want.get(key) ?? -Infinity, number));
      });
      const [got] = await new Model(reduced(axes, keep), referenceEngine).predict([{ data, shape }]);
      t.deepEqual([...got.data], [...want.values()], `axes ${axes}`);
      t.deepEqual(
        got.shape,
        shape.flatMap((size, axis) => (!gone.includes(axis) ? [size] : keep ? [1] : [])),
      );
    }
  for (const axes of [[0], [0, 1, 2, 3]])
    t.throws(() => reduced(axes, 1).instantiate(new Map()), {
      code: 'UNSUPPORTED_OPERATOR',
      message: /batch/,
    });
});
