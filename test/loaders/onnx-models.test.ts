import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { referenceEngine } from '../../dist/engines/reference/engine.js';
import type { SmugError } from '../../dist/errors.js';
import type { Graph } from '../../dist/graph/graph.js';
import { simplify } from '../../dist/graph/simplify.js';
import { splitNetwork } from '../../dist/graph/split-network.js';
import { loadModelFile } from '../../dist/loaders/load-model-file.js';
import { externalDataBeside } from '../../dist/loaders/onnx/external-data.js';
import { parseOnnx } from '../../dist/loaders/onnx/load.js';
import { loadModel } from '../../dist/model/load-model.js';
import { Model } from '../../dist/model/model.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { floats, ints, model, node, ramp, value } from './onnx-writer.js';

const noFiles = () => new Uint8Array();
const parse = (bytes: Uint8Array) => parseOnnx(bytes, 'test.onnx', noFiles);
const graphOf = (bytes: Uint8Array): Graph => simplify(parse(bytes).instantiate(new Map()));
const ops = (graph: Graph) => graph.nodes.map(({ op }) => op);

async function predict(bytes: Uint8Array, ...inputs: { data: Float32Array; shape: number[] }[]) {
  const [result] = await new Model(parse(bytes), referenceEngine).predict(inputs);
  return { shape: result.shape, data: [...result.data] };
}

test('flattening by computed shapes, as PyTorch writes view(x.size(0), −1), is one reshape', (t) => {
  const graph = graphOf(
    model({
      nodes: [
        node('Shape', ['x'], ['shape']),
        node('Constant', [], ['zero'], { value: ints('', [], [0]) }),
        node('Gather', ['shape', 'zero'], ['batch'], { axis: 0 }),
        node('Constant', [], ['axes'], { value: ints('', [1], [0]) }),
        node('Unsqueeze', ['batch', 'axes'], ['batch1']),
        node('Constant', [], ['rest'], { value: ints('', [1], [-1]) }),
        node('Concat', ['batch1', 'rest'], ['target'], { axis: 0 }),
        node('Reshape', ['x', 'target'], ['y']),
      ],
    }),
  );
  t.deepEqual(ops(graph), ['reshape']);
  t.deepEqual(graph.shapes.get('y'), [1, 192]);
});

test('padding by a computed list, as PyTorch writes F.pad, is one pad', (t) => {
  const graph = graphOf(
    model({
      initializers: [
        ints('given', [4], [1, 2, 3, 4]),
        ints('missing', [1], [4]),
        ints('pairs', [2], [-1, 2]),
        ints('flat', [1], [-1]),
      ],
      nodes: [
        node('ConstantOfShape', ['missing'], ['zeros'], { value: ints('', [1], [0]) }),
        node('Concat', ['given', 'zeros'], ['all'], { axis: 0 }),
        node('Reshape', ['all', 'pairs'], ['table']),
        node('Constant', [], ['start'], { value: ints('', [1], [-1]) }),
        node('Constant', [], ['end'], { value: ints('', [1], [-(2 ** 63)]) }),
        node('Constant', [], ['axis'], { value: ints('', [1], [0]) }),
        node('Constant', [], ['step'], { value: ints('', [1], [-1]) }),
        node('Slice', ['table', 'start', 'end', 'axis', 'step'], ['reversed']),
        node('Transpose', ['reversed'], ['turned'], { perm: [1, 0] }),
        node('Reshape', ['turned', 'flat'], ['list']),
        node('Cast', ['list'], ['pads'], { to: 7 }),
        node('Pad', ['x', 'pads'], ['y'], { mode: 'constant' }),
      ],
    }),
  );
  t.deepEqual(ops(graph), ['pad']);
  // F.pad counts from the last axis: left 1, right 2, top 3, bottom 4.
  t.deepEqual(graph.shapes.get('y'), [1, 3, 15, 11]);
});

test('padding between casts, before the turn to channels first, belongs to the first convolution (finding B3)', (t) => {
  const graph = graphOf(
    model({
      inputs: [value('x', [1, 8, 8, 3])],
      initializers: [
        ints('pads', [8], [0, 1, 1, 0, 0, 1, 1, 0]),
        floats('w', [2, 3, 3, 3], ramp(54)),
        floats('w2', [2, 128], ramp(256)),
      ],
      nodes: [
        node('Cast', ['x'], ['wide'], { to: 11 }),
        node('Pad', ['wide', 'pads'], ['padded'], { mode: 'constant' }),
        node('Cast', ['padded'], ['single'], { to: 1 }),
        node('Transpose', ['single'], ['turned'], { perm: [0, 3, 1, 2] }),
        node('Conv', ['turned', 'w'], ['c']),
        node('Relu', ['c'], ['r']),
        node('Flatten', ['r'], ['f']),
        node('Gemm', ['f', 'w2'], ['y'], { transB: 1 }),
      ],
    }),
  );
  const { layer } = splitNetwork(graph, 'probability');
  t.is(layer.kind, 'conv');
  t.deepEqual(layer.outputShape.slice(-2), [8, 8]);
});

test('resizing to a computed size, as PyTorch writes interpolate(scale_factor=2), is one upsampling', (t) => {
  const graph = graphOf(
    model({
      initializers: [floats('two', [1], [2])],
      nodes: [
        node('Shape', ['x'], ['shape']),
        node('Constant', [], ['from'], { value: ints('', [1], [2]) }),
        node('Constant', [], ['to'], { value: ints('', [1], [4]) }),
        node('Slice', ['shape', 'from', 'to'], ['spatial']),
        node('Cast', ['spatial'], ['real'], { to: 1 }),
        node('Mul', ['real', 'two'], ['doubled']),
        node('Floor', ['doubled'], ['floored']),
        node('Cast', ['floored'], ['whole'], { to: 7 }),
        node('Constant', [], ['zero'], { value: ints('', [1], [0]) }),
        node('Slice', ['shape', 'zero', 'from'], ['lead']),
        node('Concat', ['lead', 'whole'], ['sizes'], { axis: 0 }),
        node('Resize', ['x', '', '', 'sizes'], ['y'], {
          mode: 'nearest',
          nearest_mode: 'floor',
          coordinate_transformation_mode: 'asymmetric',
        }),
      ],
    }),
  );
  t.deepEqual(ops(graph), ['upsample']);
  t.deepEqual(graph.shapes.get('y'), [1, 3, 16, 16]);
});

test('parts of a file that no output needs may hold unknown operators', (t) => {
  const graph = graphOf(model({ nodes: [node('Relu', ['x'], ['y']), node('Frobnicate', ['x'], ['z'])] }));
  t.deepEqual(ops(graph), ['relu']);
});

test('an unknown operator is named, with its node and what is known', (t) => {
  const file = parse(model({ nodes: [node('Frobnicate', ['x'], ['y'])] }));
  const error = t.throws<SmugError>(() => file.instantiate(new Map()));
  t.is(error?.code, 'UNSUPPORTED_OPERATOR');
  t.regex(
    error?.message ?? '',
    /node 'y_node' \(Frobnicate\): operator Frobnicate is not supported.*AveragePool, BatchNormalization/,
  );
});

test('weights are read in every number type, raw or listed', async (t) => {
  const values = [1, 2, 0, 5];
  const halves = Uint16Array.from([0x3c00, 0x4000, 0x0000, 0x4500]);
  const bfloats = Uint16Array.from([0x3f80, 0x4000, 0x0000, 0x40a0]);
  const listed = {
    floats: [],
    int32s: [],
    int64s: [],
    doubles: [],
    uint64s: [],
    external: [],
    name: 'w',
    dims: [4],
  };
  const raw = (array: { buffer: ArrayBufferLike }) => new Uint8Array(array.buffer);
  const tensors = {
    float: { ...listed, dataType: 1, raw: raw(Float32Array.from(values)) },
    'float list': { ...listed, dataType: 1, floats: values },
    double: { ...listed, dataType: 11, raw: raw(Float64Array.from(values)) },
    'double list': { ...listed, dataType: 11, doubles: values },
    float16: { ...listed, dataType: 10, raw: raw(halves) },
    'float16 list': { ...listed, dataType: 10, int32s: [...halves] },
    bfloat16: { ...listed, dataType: 16, raw: raw(bfloats) },
    int64: { ...listed, dataType: 7, raw: raw(BigInt64Array.from(values.map(BigInt))) },
    'int64 list': { ...listed, dataType: 7, int64s: values },
    int32: { ...listed, dataType: 6, raw: raw(Int32Array.from(values)) },
    'int32 list': { ...listed, dataType: 6, int32s: values },
    uint8: { ...listed, dataType: 2, raw: Uint8Array.from(values) },
    bool: { ...listed, dataType: 9, raw: Uint8Array.from([1, 0, 1, 1]) },
  };
  for (const [name, tensor] of Object.entries(tensors)) {
    const bytes = model({
      initializers: [tensor],
      inputs: [value('x', [1, 4])],
      nodes: [node('Cast', ['w'], ['real'], { to: 1 }), node('Add', ['x', 'real'], ['y'])],
    });
    const { data } = await predict(bytes, { data: new Float32Array(4), shape: [1, 4] });
    t.deepEqual(data, name === 'bool' ? [1, 0, 1, 1] : values, name);
  }
});

test('weights beside the model are read; a path that leaves the folder is refused, links included', async (t) => {
  const folder = temporaryFolder('onnx', t);
  const outside = temporaryFolder('onnx', t);
  const values = Float32Array.from([9, 9, 1, 2, 3]);
  writeFileSync(join(folder, 'w.bin'), new Uint8Array(values.buffer));
  writeFileSync(join(outside, 'secret.bin'), new Uint8Array(values.buffer));
  symlinkSync(join(outside, 'secret.bin'), join(folder, 'link.bin'));
  mkdirSync(join(folder, 'weights'));
  const write = (location: string, more: { key: string; value: string }[] = []) => {
    const { raw: _, ...tensor } = floats('w', [3], []);
    const external = [{ key: 'location', value: location }, { key: 'offset', value: '8' }, ...more];
    const bytes = model({
      initializers: [{ ...tensor, dataLocation: 1, external }],
      inputs: [value('x', [1, 3])],
      nodes: [node('Add', ['x', 'w'], ['y'])],
    });
    writeFileSync(join(folder, 'model.onnx'), bytes);
    return loadModelFile(folder);
  };
  const file = await write('w.bin');
  t.deepEqual([...(file.instantiate(new Map()).constants.get('w')?.data ?? [])], [1, 2, 3]);
  for (const location of ['../secret.bin', '/etc/passwd', 'weights/../../x', 'link.bin', '..']) {
    const error = await t.throwsAsync<SmugError>(write(location));
    t.is(error?.code, 'BAD_WEIGHTS', location);
    t.regex(error?.message ?? '', /outside its own folder/);
  }
  t.is((await t.throwsAsync<SmugError>(write('gone.bin')))?.code, 'FILE_NOT_FOUND');
  t.is(
    (await t.throwsAsync<SmugError>(write('w.bin', [{ key: 'length', value: '99999999999' }])))?.code,
    'BAD_WEIGHTS',
  );
  t.is(
    (await t.throwsAsync<SmugError>(write('w.bin', [{ key: 'offset', value: '-4' }])))?.code,
    'BAD_WEIGHTS',
  );
  t.throws(() => externalDataBeside(join(folder, 'model.onnx'))('w.bin', 0, 2 ** 40), {
    message: /has 20 bytes/,
  });
});

test('a model is found as a file, in its folder, and where Hugging Face puts it', async (t) => {
  const bytes = model({ nodes: [node('Relu', ['x'], ['y'])] });
  const [own, nested, single, several, empty] = [1, 2, 3, 4, 5].map(() => temporaryFolder('onnx', t));
  writeFileSync(join(own, 'model.onnx'), bytes);
  mkdirSync(join(nested, 'onnx'));
  writeFileSync(join(nested, 'onnx', 'model.onnx'), bytes);
  writeFileSync(join(single, 'net.onnx'), bytes);
  for (const name of ['a.onnx', 'b.onnx']) writeFileSync(join(several, name), bytes);
  for (const source of [own, nested, single, join(several, 'a.onnx')])
    t.is((await loadModelFile(source)).format, 'onnx');
  for (const source of [several, empty, join(empty, 'gone.onnx'), 'builtin:nothing', 'builtin:../lib'])
    t.is((await t.throwsAsync<SmugError>(loadModelFile(source)))?.code, 'FILE_NOT_FOUND', source);
  await t.throwsAsync(loadModelFile(''), { instanceOf: TypeError, message: /source/ });
});

const dense = (batch: number) =>
  model({
    initializers: [floats('w', [4, 3], ramp(12)), floats('b', [3], [1, 2, 3])],
    inputs: [value('x', [batch, 4])],
    nodes: [node('Gemm', ['x', 'w', 'b'], ['y'])],
  });

test('a batch runs at once where the file leaves it open, and also where the file fixes one', async (t) => {
  const x = { data: Float32Array.from(ramp(12)), shape: [3, 4] };
  const open = await predict(dense(-1), x);
  t.deepEqual(open.shape, [3, 3]);
  t.deepEqual(await predict(dense(1), x), open);
  // The file counts on one sample: its reshape drops the batch axis, so samples run one by one.
  const mixing = model({
    initializers: [
      floats('w', [4, 3], ramp(12)),
      floats('b', [3], [1, 2, 3]),
      ints('four', [1], [4]),
      ints('row', [2], [1, 4]),
    ],
    inputs: [value('x', [1, 4])],
    nodes: [
      node('Reshape', ['x', 'four'], ['flat']),
      node('Reshape', ['flat', 'row'], ['back']),
      node('Tanh', ['flat'], ['t']),
      node('Reshape', ['t', 'row'], ['t1']),
      node('Gemm', ['t1', 'w', 'b'], ['y']),
    ],
  });
  const expected = await predict(dense(-1), { ...x, data: x.data.map(Math.tanh) });
  const found = await predict(mixing, x);
  t.deepEqual(found.shape, expected.shape);
  found.data.forEach((one, at) => t.true(Math.abs(one - expected.data[at]) < 1e-6));
});

test('inputs that feed weights are parameters and are bound to their values', async (t) => {
  const bytes = model({
    inputs: [value('x', [1, 2]), value('w', [2, 2])],
    nodes: [node('MatMul', ['x', 'w'], ['y'])],
  });
  t.deepEqual(
    parse(bytes).inputs.map(({ parameter }) => parameter),
    [false, true],
  );
  const { data } = await predict(
    bytes,
    { data: Float32Array.of(1, 2), shape: [1, 2] },
    { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] },
  );
  t.deepEqual(data, [7, 10]);
});

test('an input of unknown shape takes any; one of open dimensions says what it needs', async (t) => {
  const unknown = parse(
    model({
      inputs: [{ name: 'x', type: { tensor: { elementType: 1 } } }],
      nodes: [node('Relu', ['x'], ['y'])],
    }),
  );
  t.deepEqual(unknown.instantiate(new Map([['x', [2, 5]]])).shapes.get('y'), [2, 5]);
  t.throws(() => unknown.instantiate(new Map()), { message: /give a shape/ });
  const open = parse(model({ inputs: [value('x', [-1, 3, -1, -1])], nodes: [node('Relu', ['x'], ['y'])] }));
  t.throws(() => open.instantiate(new Map()), {
    message: /give a shape for its open dimensions/,
  });
  t.throws(() => open.instantiate(new Map([['x', [1, 4, 2, 2]]])), {
    message: /expects shape \[\?, 3, \?, \?\], got \[1, 4, 2, 2\]/,
  });
  const eight = parse(model({ inputs: [value('x', [8, 2])], nodes: [node('Relu', ['x'], ['y'])] }));
  t.throws(() => eight.instantiate(new Map([['x', [1, 2]]])), { message: /fixes 8 samples.*batch of 1/ });
});

test('several outputs are kept, and one that depends on shapes alone is a constant', async (t) => {
  const bytes = model({
    nodes: [node('Relu', ['x'], ['y']), node('Shape', ['x'], ['s']), node('Tanh', ['y'], ['z'])],
    outputs: [value('z', []), value('s', []), value('y', [])],
  });
  const results = await new Model(parse(bytes), referenceEngine).predict([
    { data: new Float32Array(192), shape: [1, 3, 8, 8] },
  ]);
  t.deepEqual(
    results.map(({ shape }) => shape),
    [[1, 3, 8, 8], [4], [1, 3, 8, 8]],
  );
  t.deepEqual([...results[1].data], [1, 3, 8, 8]);
});

test('wrong inputs are named: number, shape, length, values', async (t) => {
  const one = new Model(parse(dense(-1)), referenceEngine);
  const code = async (inputs: unknown) =>
    (await t.throwsAsync<SmugError>(one.predict(inputs as never)))?.code;
  t.is(await code([]), 'BAD_INPUT');
  t.is(await code([{ data: new Float32Array(5), shape: [1, 5] }]), 'BAD_INPUT');
  t.is(await code([{ data: new Float32Array(5), shape: [1, 4] }]), 'BAD_INPUT');
  t.is(await code([{ data: Float32Array.of(1, NaN, 0, 0), shape: [1, 4] }]), 'BAD_INPUT');
  t.is(await code([{ data: Float32Array.of(1, Infinity, 0, 0), shape: [1, 4] }]), 'BAD_INPUT');
  await t.throwsAsync(one.predict([{ data: [1, 2, 3, 4], shape: [1, 4] }] as never), {
    instanceOf: TypeError,
  });
  one.dispose();
  one.dispose();
  await t.throwsAsync(one.predict([{ data: new Float32Array(4), shape: [1, 4] }]), { message: /disposed/ });
});

test('networks are kept for repeated shapes and freed with the model', async (t) => {
  const folder = temporaryFolder('onnx', t);
  writeFileSync(join(folder, 'model.onnx'), dense(-1));
  let compiled = 0;
  let freed = 0;
  const counting = {
    ...referenceEngine,
    compile: async (graph: Graph) => {
      compiled++;
      const network = await referenceEngine.compile(graph);
      return { ...network, forward: network.forward.bind(network), dispose: () => void freed++ };
    },
  };
  const one = await loadModel(folder, { engine: counting as never });
  const x = (batch: number) => [{ data: new Float32Array(4 * batch), shape: [batch, 4] }];
  await Promise.all([one.predict(x(1)), one.predict(x(1)), one.predict(x(2))]);
  t.is(compiled, 2);
  for (const batch of [3, 4, 5]) await one.predict(x(batch));
  t.is(compiled, 5);
  one.dispose();
  await new Promise(setImmediate);
  t.is(freed, 5);
});
