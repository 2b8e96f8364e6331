import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadModelFile } from '../../dist/loaders/load-model-file.js';
import type { ModelFile } from '../../dist/loaders/model.js';
import { parseOnnx } from '../../dist/loaders/onnx/load.js';
import { modelTable } from '../../dist/loaders/onnx/schema.js';
import { decodeMessage } from '../../dist/loaders/onnx/wire.js';
import { Random } from '../support/random.js';
import { encodeMessage, floats, ints, model, node, ramp, value } from '../loaders/onnx-writer.js';
import { sequential, smallNetwork, type LayersModel } from '../loaders/tfjs-writer.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { mutateBytes, mutateDocument } from './models-mutations.js';
import { outcomeOf } from './models-outcome.js';

const COUNT = process.env.SMUG_FUZZ === 'full' ? 5000 : 500;
/** Another first seed makes other files: SMUG_FUZZ_SEED=100000 npx ava test/fuzz/models.test.ts */
const FIRST = Number(process.env.SMUG_FUZZ_SEED ?? 1);
/** A hang, on a busy machine. */
const MAX_MS = 10_000;
const MAX_GROWTH = 2 ** 30;

/** Feeds COUNT mutated files; each must load or be refused with one clear error, in time and memory. */
async function fuzz(
  t: ExecutionContext,
  makeCase: (random: Random) => () => ModelFile | Promise<ModelFile>,
): Promise<void> {
  const outcomes = new Map<string, number>();
  const memory = process.memoryUsage().rss;
  for (let seed = FIRST; seed < FIRST + COUNT; seed++) {
    const started = performance.now();
    try {
      const outcome = await outcomeOf(makeCase(new Random(seed)));
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    } catch (error) {
      t.fail(`seed ${seed}: ${error instanceof Error ? error.stack : error}`);
    }
    const took = performance.now() - started;
    if (took > MAX_MS) t.fail(`seed ${seed} took ${took} ms`);
    const growth = process.memoryUsage.rss() - memory;
    if (growth > MAX_GROWTH) t.fail(`memory grew by ${growth} bytes by seed ${seed}`);
  }
  t.log([...outcomes].map(([outcome, count]) => `${outcome} ${count}`).join(', '));
  t.true((outcomes.get('loaded') ?? 0) > COUNT / 100, 'some mutations leave a model that works');
  t.true((outcomes.get('BAD_MODEL') ?? 0) > COUNT / 20, 'many do not');
}

const onnxSeeds = [
  model({
    initializers: [
      floats('w', [2, 3, 3, 3], ramp(54)),
      floats('b', [2], [1, 2]),
      floats('g', [32, 3], ramp(96)),
    ],
    nodes: [
      node('Conv', ['x', 'w', 'b'], ['c'], {
        pads: [1, 1, 1, 1],
        strides: [1, 1],
        dilations: [1, 1],
        group: 1,
      }),
      node('Relu', ['c'], ['r']),
      node('MaxPool', ['r'], ['p'], { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }),
      node('Flatten', ['p'], ['f'], { axis: 1 }),
      node('Gemm', ['f', 'g'], ['z'], { alpha: { float: 0.5 } }),
      node('Softmax', ['z'], ['y'], { axis: 1 }),
    ],
  }),
  model({
    initializers: [
      ...['s', 'o', 'm', 'v'].map((name) => floats(name, [3], [1, 2, 3])),
      ints('rest', [1], [-1]),
    ],
    nodes: [
      node('BatchNormalization', ['x', 's', 'o', 'm', 'v'], ['n'], { epsilon: { float: 0.1 } }),
      node('AveragePool', ['n'], ['p'], { kernel_shape: [3, 3], auto_pad: 'SAME_UPPER', strides: [2, 2] }),
      node('Shape', ['p'], ['shape']),
      node('Constant', [], ['zero'], { value: ints('', [], [0]) }),
      node('Gather', ['shape', 'zero'], ['batch']),
      node('Constant', [], ['axes'], { value: ints('', [1], [0]) }),
      node('Unsqueeze', ['batch', 'axes'], ['lead']),
      node('Concat', ['lead', 'rest'], ['target'], { axis: 0 }),
      node('Reshape', ['p', 'target'], ['y']),
    ],
  }),
  model({
    initializers: [
      ints('pads', [8], [0, 0, 1, 1, 0, 0, 1, 1]),
      ints('from', [1], [1]),
      ints('to', [1], [9]),
      ints('axis', [1], [2]),
    ],
    nodes: [
      node('Pad', ['x', 'pads'], ['p'], { mode: 'reflect' }),
      node('Slice', ['p', 'from', 'to', 'axis'], ['s']),
      node('Transpose', ['s'], ['t'], { perm: [0, 1, 3, 2] }),
      node('Split', ['t'], ['a', 'b', 'c'], { axis: 1 }),
      node('Concat', ['a', 'c'], ['j'], { axis: 1 }),
      node('LRN', ['j'], ['l'], { size: 3 }),
      node('ReduceMean', ['l'], ['y'], { axes: [2, 3], keepdims: 0 }),
    ],
  }),
  model(
    {
      initializers: [
        floats('table', [5, 4], ramp(20)),
        floats('w', [2, 4, 3], ramp(24)),
        ints('shape', [1], [6]),
        floats('scale', [3], [1, 1, 2]),
      ],
      inputs: [value('x', [1, 7], 7)],
      nodes: [
        node('Gather', ['table', 'x'], ['e']),
        node('Transpose', ['e'], ['t'], { perm: [0, 2, 1] }),
        node('Conv', ['t', 'w'], ['c'], { kernel_shape: [3] }),
        node('Clip', ['c'], ['k']),
        node('Resize', ['k', '', 'scale'], ['u'], { mode: 'nearest' }),
        node('GlobalMaxPool', ['u'], ['g']),
        node('Squeeze', ['g'], ['y']),
        node('ConstantOfShape', ['shape'], ['unused']),
      ],
    },
    12,
  ),
];

test('mutated ONNX files load or are refused with one clear error', async (t) => {
  await fuzz(t, (random) => {
    const bytes = random.pick(onnxSeeds);
    let mutated = mutateBytes(bytes, random);
    if (random.chance(0.5)) {
      const document = decodeMessage<object>(bytes, modelTable, 'seed');
      mutateDocument(document, random, false);
      mutated = encodeMessage(document, modelTable);
    }
    return () => parseOnnx(mutated, 'mutated.onnx', () => new Uint8Array(8));
  });
});

const layersSeeds: LayersModel[] = [
  smallNetwork(),
  sequential(
    [
      ['Embedding', { batch_input_shape: [null, 9], input_dim: 5, output_dim: 4 }],
      ['ZeroPadding1D', { padding: [1, 2] }],
      [
        'SeparableConv1D',
        {
          filters: 2,
          kernel_size: [3],
          strides: [2],
          padding: 'same',
          use_bias: false,
          activation: 'hard_sigmoid',
        },
      ],
      ['UpSampling1D', { size: 2 }],
      ['GlobalAveragePooling1D', {}],
      ['Reshape', { target_shape: [2, 1] }],
      ['Permute', { dims: [2, 1] }],
      ['Softmax', { axis: -1 }],
    ],
    [
      { name: 'l0/embeddings', shape: [5, 4], dtype: 'float32' },
      { name: 'l2/depthwise_kernel', shape: [3, 4, 1], dtype: 'float32' },
      { name: 'l2/pointwise_kernel', shape: [1, 4, 2], dtype: 'float32' },
    ],
  ),
];

test('mutated TensorFlow.js models load or are refused with one clear error', async (t) => {
  const folder = temporaryFolder('fuzz', t);
  const written = new Map<string, Uint8Array>();
  const write = (name: string, bytes: Uint8Array) => {
    if (written.has(name) && Buffer.compare(written.get(name)!, bytes) === 0) return;
    writeFileSync(join(folder, name), bytes);
    written.set(name, bytes);
  };
  await fuzz(t, (random) => {
    const { json, weights } = structuredClone(random.pick(layersSeeds));
    const kind = random.integer(0, 9);
    if (kind < 7) mutateDocument(json, random, true);
    const text = Buffer.from(JSON.stringify(json));
    write('model.json', kind === 7 || kind === 8 ? mutateBytes(text, random) : text);
    write('weights.bin', kind === 9 || kind === 8 ? mutateBytes(weights, random) : weights);
    return () => loadModelFile(folder);
  });
});
