import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { referenceEngine } from '../../dist/engines/reference/engine.js';
import type { SmugError } from '../../dist/errors.js';
import { loadModelFile } from '../../dist/loaders/load-model-file.js';
import { loadModel } from '../../dist/model/load-model.js';
import { sequential, smallNetwork, writeLayersModel, type LayersModel } from './tfjs-writer.js';

type Teardown = { teardown(fn: () => void): void };

async function predict(t: Teardown, model: LayersModel, input: number[], shape: number[]): Promise<number[]> {
  const loaded = await loadModel(writeLayersModel(t, model), { engine: referenceEngine });
  const [result] = await loaded.predict([{ data: Float32Array.from(input), shape }]);
  loaded.dispose();
  return [...result.data];
}

/** y = w·x with one weight, stored as asked. */
const oneWeight = (weights: Uint8Array, dtype: string, quantization?: object) =>
  sequential(
    [['Dense', { batch_input_shape: [null, 1], units: 2, use_bias: false }]],
    [{ name: 'l0/kernel', shape: [1, 2], dtype, quantization }],
    weights,
  );

test('quantised weights are stored·scale + min; float16 is widened', async (t) => {
  const run = (model: LayersModel) => predict(t, model, [1], [1, 1]);
  t.deepEqual(
    await run(oneWeight(Uint8Array.of(0, 3), 'float32', { dtype: 'uint8', scale: 0.5, min: -1 })),
    [-1, 0.5],
  );
  const words = new Uint8Array(Uint16Array.of(1, 1000).buffer);
  t.deepEqual(await run(oneWeight(words, 'float32', { dtype: 'uint16', scale: 0.25, min: 2 })), [2.25, 252]);
  const halves = new Uint8Array(Uint16Array.of(0x3e00, 0xc500).buffer);
  t.deepEqual(
    await run(oneWeight(halves, 'float32', { dtype: 'float16', original_dtype: 'float32' })),
    [1.5, -5],
  );
  t.deepEqual(await run(oneWeight(new Uint8Array(Int32Array.of(7, -8).buffer), 'int32')), [7, -8]);
});

test('weights may lie in several files and cross their borders', async (t) => {
  const whole = smallNetwork();
  const folder = writeLayersModel(t, whole);
  const [group] = whole.json.weightsManifest as { paths: string[] }[];
  group.paths = ['a.bin', 'b.bin'];
  writeFileSync(join(folder, 'a.bin'), whole.weights.subarray(0, 101));
  writeFileSync(join(folder, 'b.bin'), whole.weights.subarray(101));
  const before = (await loadModelFile(folder)).instantiate(new Map());
  writeFileSync(join(folder, 'model.json'), JSON.stringify(whole.json));
  const after = (await loadModelFile(folder)).instantiate(new Map());
  t.deepEqual(after.constants, before.constants);
});

test('causal padding lets a position see only itself and what came before', async (t) => {
  const model = sequential(
    [
      [
        'Conv1D',
        {
          batch_input_shape: [null, 4, 1],
          filters: 1,
          kernel_size: [2],
          dilation_rate: [2],
          padding: 'causal',
          use_bias: false,
        },
      ],
    ],
    [{ name: 'l0/kernel', shape: [2, 1, 1], dtype: 'float32' }],
    new Uint8Array(Float32Array.of(10, 1).buffer),
  );
  t.deepEqual(await predict(t, model, [1, 2, 3, 4], [1, 4, 1]), [1, 2, 13, 24]);
});

test('the hard sigmoid is Keras 2’s 0.2·x + 0.5, or Keras 3’s relu6(x + 3) / 6', async (t) => {
  const model = sequential([['Activation', { batch_input_shape: [null, 3], activation: 'hard_sigmoid' }]]);
  const close = (found: number[], expected: number[]) =>
    found.forEach((value, at) => t.true(Math.abs(value - expected[at]) < 1e-6, `${found}`));
  close(await predict(t, model, [-1, 0, 2.6], [1, 3]), [0.3, 0.5, 1]);
  (model.json.modelTopology as { keras_version: string }).keras_version = '3.4.1';
  close(await predict(t, model, [-1, 0, 2.6], [1, 3]), [1 / 3, 0.5, 5.6 / 6]);
});

test('leaky and bounded rectifiers, and rescaling by channel', async (t) => {
  const run = (name: string, config: object, x: number[]) =>
    predict(t, sequential([[name, { batch_input_shape: [null, x.length], ...config }]]), x, [1, x.length]);
  t.deepEqual(await run('ReLU', { max_value: 2, negative_slope: 0.5 }, [-4, 1, 3]), [-2, 1, 2]);
  t.deepEqual(await run('ReLU', { max_value: 2 }, [-4, 1, 3]), [0, 1, 2]);
  t.deepEqual(await run('LeakyReLU', { alpha: 0.25 }, [-4, 1]), [-1, 1]);
  t.deepEqual(await run('LeakyReLU', { negative_slope: 0.5 }, [-4, 1]), [-2, 1]);
  t.deepEqual(await run('Rescaling', { scale: [2, 3], offset: 1 }, [10, 10]), [21, 31]);
});

test('normalization subtracts the mean and divides by the deviation of each channel', async (t) => {
  const specs = ['mean', 'variance'].map((name) => ({ name: `l0/${name}`, shape: [2], dtype: 'float32' }));
  const weights = new Uint8Array(Float32Array.of(1, 2, 4, 9).buffer);
  const model = sequential([['Normalization', { batch_input_shape: [null, 2], axis: [-1] }]], specs, weights);
  t.deepEqual(await predict(t, model, [5, 5], [1, 2]), [2, 1]);
  const stated = sequential([
    ['Normalization', { batch_input_shape: [null, 2], mean: [1, 2], variance: [4, 9] }],
  ]);
  t.deepEqual(await predict(t, stated, [5, 5], [1, 2]), [2, 1]);
});

test('layer normalization is over the channels of each place, gelu the exact one', async (t) => {
  const specs = ['gamma', 'beta'].map((name) => ({ name: `l0/${name}`, shape: [2], dtype: 'float32' }));
  const weights = new Uint8Array(Float32Array.of(1, 2, 10, 20).buffer);
  // Two places with two channels: mean 2, variance 1; mean 5, variance 9; ε 0.
  const config = { batch_input_shape: [null, 2, 2], axis: [-1], epsilon: 0 };
  const model = sequential([['LayerNormalization', config]], specs, weights);
  t.deepEqual(await predict(t, model, [1, 3, 8, 2], [1, 2, 2]), [9, 22, 11, 18]);
  const plain = sequential([['LayerNormalization', { ...config, scale: false, center: false }]]);
  t.deepEqual(await predict(t, plain, [1, 3, 8, 2], [1, 2, 2]), [-1, 1, 1, -1]);
  const gelu = sequential([['Activation', { batch_input_shape: [null, 2], activation: 'gelu' }]]);
  const [above, below] = await predict(t, gelu, [1, -1], [1, 2]);
  t.true(Math.abs(above - 0.8413447460685429) < 1e-7 && Math.abs(below + 0.15865525393145707) < 1e-7);
});

test('Keras 3 names calls by the history of their tensors', async (t) => {
  const history = (name: string) => ({
    class_name: '__keras_tensor__',
    config: { shape: [null, 2], dtype: 'float32', keras_history: [name, 0, 0] },
  });
  const layers = [
    {
      class_name: 'InputLayer',
      name: 'in',
      config: { name: 'in', batch_shape: [null, 2] },
      inbound_nodes: [],
    },
    {
      class_name: 'ReLU',
      name: 'a',
      config: { name: 'a' },
      inbound_nodes: [{ args: [history('in')], kwargs: {} }],
    },
    {
      class_name: 'Add',
      name: 'sum',
      config: { name: 'sum' },
      inbound_nodes: [{ args: [[history('in'), history('a')]], kwargs: {} }],
    },
  ];
  const config = { layers, input_layers: ['in', 0, 0], output_layers: [['sum', 0, 0]] };
  const modelTopology = { keras_version: '3.4.1', model_config: { class_name: 'Functional', config } };
  const model = { json: { modelTopology, weightsManifest: [] }, weights: new Uint8Array() };
  t.deepEqual(await predict(t, model, [-1, 2], [1, 2]), [-1, 4]);
});

test('weights are found under scopes and repeated layer names', async (t) => {
  for (const name of ['model/l0/kernel', 'l0/l0/kernel', 'scope/l0/kernel:0', 'l0_1/l0/kernel']) {
    const model = sequential(
      [['Dense', { batch_input_shape: [null, 1], units: 1, use_bias: false }]],
      [{ name, shape: [1, 1], dtype: 'float32' }],
      new Uint8Array(Float32Array.of(3).buffer),
    );
    t.deepEqual(await predict(t, model, [2], [1, 1]), [6], name);
  }
});

const refused: Record<string, [string, RegExp, (model: LayersModel) => unknown]> = {
  'an unknown layer': [
    'UNSUPPORTED_OPERATOR',
    /layer 'l2' \(Lambda\) is not supported. Supported layers are: Activation, /,
    (m) => (layersOf(m)[2].class_name = 'Lambda'),
  ],
  'an unknown activation': [
    'UNSUPPORTED_OPERATOR',
    /activation 'frob'; known are elu, /,
    (m) => (layersOf(m)[0].config.activation = 'frob'),
  ],
  'channels first in the file': [
    'UNSUPPORTED_OPERATOR',
    /data_format 'channels_first'/,
    (m) => (layersOf(m)[0].config.data_format = 'channels_first'),
  ],
  'a missing weight': ['BAD_WEIGHTS', /no weight 'l4\/bias'/, (m) => (specsOf(m)[7].name = 'other/bias')],
  'a negative size of a weight': [
    'BAD_WEIGHTS',
    /shape \[-3\] is impossible/,
    (m) => (specsOf(m)[1].shape = [-3]),
  ],
  'a weight of 2⁴⁰ elements': [
    'BAD_WEIGHTS',
    /needs 4398046511104 bytes/,
    (m) => (specsOf(m)[0].shape = [2 ** 20, 2 ** 20]),
  ],
  'too few bytes': ['BAD_WEIGHTS', /needs 8 bytes/, (m) => (m.weights = m.weights.subarray(0, -4))],
  'too many bytes': [
    'BAD_WEIGHTS',
    /the weights listed for it need/,
    (m) => (m.weights = new Uint8Array(m.weights.length + 1)),
  ],
  'a weight that is not a number': [
    'BAD_WEIGHTS',
    /holds NaN at position 0/,
    (m) => new Float32Array(m.weights.buffer).fill(NaN),
  ],
  'a negative variance': ['BAD_WEIGHTS', /its variance is -/, (m) => (layersOf(m)[1].config.epsilon = 0)],
  'a kernel with too few axes': ['BAD_WEIGHTS', /expects 4 axes/, (m) => (specsOf(m)[0].shape = [54])],
  'a weights file elsewhere': [
    'BAD_WEIGHTS',
    /outside its own folder/,
    (m) => (groupOf(m).paths = ['../../etc/passwd']),
  ],
  'a weights file that is not there': [
    'FILE_NOT_FOUND',
    /which is not there/,
    (m) => (groupOf(m).paths = ['gone.bin']),
  ],
  'a weight of text': ['BAD_WEIGHTS', /type string is not one of/, (m) => (specsOf(m)[0].dtype = 'string')],
  'no manifest': ['BAD_WEIGHTS', /no weightsManifest/, (m) => (m.json.weightsManifest = undefined)],
  'a graph model': [
    'UNSUPPORTED_MODEL',
    /graph model; only layers models/,
    (m) => (m.json.format = 'graph-model'),
  ],
  'no topology': ['BAD_MODEL', /no modelTopology/, (m) => (m.json.modelTopology = null)],
  'a negative input size': [
    'BAD_MODEL',
    /declares shape \[null,-6,6,2\]/,
    (m) => (layersOf(m)[0].config.batch_input_shape = [null, -6, 6, 2]),
  ],
  'an input of 2⁴⁰ elements': [
    'BAD_MODEL',
    /beyond the limit/,
    (m) => (layersOf(m)[0].config.batch_input_shape = [1, 2 ** 20, 2 ** 20, 2]),
  ],
  'a stride of zero': [
    'BAD_MODEL',
    /strides \[0,0\].* must be whole/,
    (m) => (layersOf(m)[0].config.strides = [0, 0]),
  ],
  'strides that are text': [
    'BAD_MODEL',
    /'strides' should be 2 whole numbers/,
    (m) => (layersOf(m)[0].config.strides = 'two'),
  ],
};

type Layers = { class_name: string; config: Record<string, unknown> }[];
const layersOf = (m: LayersModel) =>
  (m.json.modelTopology as { model_config: { config: { layers: Layers } } }).model_config.config.layers;
const groupOf = (m: LayersModel) =>
  (
    m.json.weightsManifest as {
      paths: string[];
      weights: { name: string; shape: number[]; dtype: string }[];
    }[]
  )[0];
const specsOf = (m: LayersModel) => groupOf(m).weights;

for (const [name, [code, message, spoil]] of Object.entries(refused))
  test(`a layers model with ${name} is one clear error`, async (t) => {
    const model = smallNetwork();
    spoil(model);
    const folder = writeLayersModel(t, model);
    const error = await t.throwsAsync<SmugError>(async () =>
      (await loadModelFile(folder)).instantiate(new Map()),
    );
    t.is(error?.code as string | undefined, code, error?.message);
    t.regex(error?.message ?? '', message);
  });

test('layers in a ring, broken JSON, no JSON object, and models nested without end are refused', async (t) => {
  const load = async (text: string) => {
    const folder = writeLayersModel(t, smallNetwork());
    writeFileSync(join(folder, 'model.json'), text);
    const error = await t.throwsAsync<SmugError>(async () =>
      (await loadModelFile(folder)).instantiate(new Map()),
    );
    t.is(error?.code, 'BAD_MODEL', error?.message);
    return error?.message ?? '';
  };
  const layer = (name: string, from: string) => ({
    class_name: 'ReLU',
    name,
    config: { name },
    inbound_nodes: [[[from, 0, 0, {}]]],
  });
  const input = {
    class_name: 'InputLayer',
    name: 'in',
    config: { name: 'in', batch_input_shape: [null, 2] },
    inbound_nodes: [],
  };
  const config = {
    layers: [input, layer('a', 'b'), layer('b', 'a')],
    input_layers: [['in', 0, 0]],
    output_layers: [['b', 0, 0]],
  };
  t.regex(
    await load(JSON.stringify({ modelTopology: { class_name: 'Model', config }, weightsManifest: [] })),
    /cyclic or incomplete/,
  );
  t.regex(await load(''), /not valid JSON/);
  t.regex(await load('{"modelTopology": {'), /not valid JSON/);
  t.regex(await load('[]'), /no object/);
  t.regex(await load('['.repeat(500_000)), /not valid JSON/);
  let nested: object = { class_name: 'ReLU', config: { name: 'r', batch_input_shape: [null, 2] } };
  for (let depth = 0; depth < 40; depth++)
    nested = {
      class_name: 'Sequential',
      config: { name: `s${depth}`, layers: [nested], batch_input_shape: [null, 2] },
    };
  t.regex(
    await load(JSON.stringify({ modelTopology: nested, weightsManifest: [] })),
    /nested deeper than 16/,
  );
});
