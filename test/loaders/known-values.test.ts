// Operators that exporters write around masks and positions: of known values they are computed before the network runs.
import test from 'ava';
import { referenceEngine } from '../../dist/engines/reference/engine.js';
import { parseOnnx } from '../../dist/loaders/onnx/load.js';
import type { OnnxNode, OnnxTensor } from '../../dist/loaders/onnx/schema.js';
import { Model } from '../../dist/model/model.js';
import { floats, ints, model, node, value } from './onnx-writer.js';

const parse = (nodes: OnnxNode[], initializers: OnnxTensor[], inputs = [value('x', [1, 4])]) =>
  parseOnnx(model({ inputs, nodes, initializers }), 'test.onnx', () => new Uint8Array());

function known(nodes: OnnxNode[], initializers: OnnxTensor[]) {
  const { data, shape } = parse(nodes, initializers).instantiate(new Map()).constants.values().next().value!;
  return { data: [...data], shape: [...shape] };
}

const matrix = ints('m', [2, 3], [1, 2, 3, 4, 5, 6]);

test('running sums, along either axis, from either end, with or without the entry itself', (t) => {
  const sums = (axis: number, attributes = {}) =>
    known([node('CumSum', ['m', 'axis'], ['y'], attributes)], [matrix, ints('axis', [], [axis])]).data;
  t.deepEqual(sums(1), [1, 3, 6, 4, 9, 15]);
  t.deepEqual(sums(-2), [1, 2, 3, 5, 7, 9]);
  t.deepEqual(sums(1, { exclusive: 1 }), [0, 1, 3, 0, 4, 9]);
  t.deepEqual(sums(1, { reverse: 1 }), [6, 5, 3, 15, 11, 6]);
  t.deepEqual(sums(1, { reverse: 1, exclusive: 1 }), [5, 3, 0, 11, 6, 0]);
});

test('single entries picked along an axis', (t) => {
  const picked = (axis: number, shape: number[], indices: number[]) =>
    known([node('GatherElements', ['m', 'i'], ['y'], { axis })], [matrix, ints('i', shape, indices)]);
  t.deepEqual(picked(1, [2, 2], [0, -1, 2, 1]), { data: [1, 3, 6, 5], shape: [2, 2] });
  t.deepEqual(picked(0, [1, 3], [1, 0, 1]), { data: [4, 2, 6], shape: [1, 3] });
  t.throws(() => picked(1, [2, 1], [3, 0]), { code: 'BAD_MODEL', message: /outside the 3 entries/ });
  t.throws(() => picked(1, [3, 1], [0, 0, 0]), { code: 'BAD_MODEL', message: /do not fit/ });
});

test('rows and entries picked by several indices each', (t) => {
  const picked = (shape: number[], indices: number[], attributes = {}) =>
    known([node('GatherND', ['m', 'i'], ['y'], attributes)], [matrix, ints('i', shape, indices)]);
  t.deepEqual(picked([2, 2], [0, 1, 1, -1]), { data: [2, 6], shape: [2] });
  t.deepEqual(picked([1, 2, 1], [1, 0]), { data: [4, 5, 6, 1, 2, 3], shape: [1, 2, 3] });
  t.throws(() => picked([1, 3], [0, 0, 0]), { code: 'BAD_MODEL', message: /do not fit 2 axes/ });
  t.throws(() => picked([1, 2], [0, 3]), { code: 'BAD_MODEL', message: /outside the 3 entries/ });
  t.throws(() => picked([2, 1], [0, 0], { batch_dims: 1 }), { code: 'UNSUPPORTED_OPERATOR' });
});

test('a known choice between computed values, and the third power', async (t) => {
  const condition = { ...ints('c', [1, 4], []), dataType: 9, int64s: [], int32s: [1, 0, 0, 1] };
  const result = async (nodes: OnnxNode[], more: OnnxTensor[] = []) => {
    const network = new Model(parse(nodes, [condition, ...more]), referenceEngine);
    const [{ data }] = await network.predict([{ data: Float32Array.of(1, -2, 3, -4), shape: [1, 4] }]);
    return [...data];
  };
  const low = floats('low', [], [-Infinity]);
  t.deepEqual(
    await result([node('Mul', ['x', 'x'], ['s']), node('Where', ['c', 'x', 's'], ['y'])]),
    [1, 4, 9, -4],
  );
  // −∞ stands for "no share in a softmax", and what stands for it has none.
  const masked = [node('Where', ['c', 'x', 'low'], ['w']), node('Softmax', ['w'], ['y'], { axis: -1 })];
  const total = Math.exp(1) + Math.exp(-4);
  const shares = [Math.exp(1) / total, 0, 0, Math.exp(-4) / total];
  (await result(masked, [low])).forEach((share, at) => t.true(Math.abs(share - shares[at]) < 1e-7));
  t.is((await result(masked, [low]))[1], 0);
  const power = [node('Pow', ['x', 'three'], ['y'])];
  t.deepEqual(await result(power, [floats('three', [], [3])]), [1, -8, 27, -64]);
});

test('a file that was optimised or quantised after its export is told from one of unknown operators', (t) => {
  const refused = (one: OnnxNode) => t.throws(() => parse([one], []).instantiate(new Map()))!.message;
  for (const type of ['DynamicQuantizeLinear', 'MatMulInteger', 'QLinearMatMul'])
    t.regex(refused(node(type, ['x'], ['y'])), /take the float32 file as the exporter wrote it/);
  t.regex(
    refused({ ...node('SkipLayerNormalization', ['x'], ['y']), domain: 'com.microsoft' }),
    /float32 file/,
  );
  t.notRegex(refused(node('Einsum', ['x', 'x'], ['y'])), /float32 file/);
});

test('what depends on the values of the input is refused', (t) => {
  const zero = floats('zero', [], [0]);
  const refused = (nodes: OnnxNode[], message: RegExp) =>
    t.throws(() => parse(nodes, [zero, ints('axis', [], [1])]).instantiate(new Map()), {
      code: 'UNSUPPORTED_OPERATOR',
      message,
    });
  refused([node('Equal', ['x', 'zero'], ['y'])], /'y_node' \(Equal\)/);
  refused([node('Greater', ['x', 'zero'], ['y'])], /'y_node' \(Greater\)/);
  refused([node('CumSum', ['x', 'axis'], ['y'])], /'y_node' \(CumSum\)/);
});
