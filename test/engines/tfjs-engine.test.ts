import test from 'ava';
import { referenceEngine } from '../../dist/engines/reference/engine.js';
import { createTfjsEngine } from '../../dist/engines/tfjs/engine.js';
import type { Graph } from '../../dist/graph/graph.js';
import { randomGraph } from '../support/random-graphs.js';
import { relativeError } from './agreement.js';
import { GraphBuilder } from '../support/graph-builder.js';
import { Random } from '../support/random.js';

const random = new Random(11);
const engine = await createTfjsEngine({ threads: 2 });

/** Three convolutions on 64 channels of 56×56: a few hundred million multiplications a pass. */
function heavyNetwork(): Graph {
  const builder = new GraphBuilder();
  let x = builder.input([1, 64, 56, 56]);
  for (let i = 0; i < 3; i++) {
    const weights = builder.constant(random.tensor([64, 64, 3, 3], 0.05));
    const plain = { strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1 };
    x = builder.node({ op: 'relu' }, builder.node({ op: 'conv', ...plain }, x, weights));
  }
  const pooled = builder.node({ op: 'reduceMean', axes: [2, 3], keepDims: false }, x);
  return builder.build(builder.node({ op: 'softmax', axis: 1 }, pooled));
}

test('the same bits whatever the micro-batches and threads', async (t) => {
  const single = await createTfjsEngine({ threads: 1 });
  for (let seed = 0; seed < 40; seed++) {
    const { graph, inputs, at, targets } = randomGraph(seed);
    const networks = [
      await engine.compile(graph),
      await engine.compile(graph, { memoryBudget: 1 }),
      await single.compile(graph),
    ];
    const results = await Promise.all(networks.map((network) => network.gradient({ inputs, at, targets })));
    for (const result of results) t.deepEqual(result, results[0], `seed ${seed}`);
    for (const network of networks) network.dispose();
  }
});

test('runs leave nothing on the device but the weights', async (t) => {
  const single = await createTfjsEngine({ threads: 1 });
  const { graph, inputs, at, targets } = randomGraph(4);
  const network = await single.compile(graph);
  await network.gradient({ inputs, at, targets });
  const [before] = await single.tensorCounts();
  for (let i = 0; i < 20; i++) await network.gradient({ inputs, at, targets });
  await network.forward(inputs);
  t.deepEqual(await single.tensorCounts(), [before]);
  network.dispose();
  t.deepEqual(await single.tensorCounts(), [0]);
});

test('path integrals agree with the reference', async (t) => {
  const { graph } = randomGraph(8);
  const shape = [...graph.shapes.get(graph.inputs[0])!];
  const paths = [
    { activation: random.tensor(shape), target: 0 },
    { activation: random.tensor(shape), baseline: random.tensor(shape), target: 1 },
  ];
  const points = Array.from({ length: 9 }, (_, i) => ({ path: i % 2, alpha: i / 8 }));
  const sums: ArrayLike<number>[][] = [];
  for (const one of [engine, referenceEngine]) {
    const integrator = await (await one.compile(graph)).integrator(paths);
    const values = await integrator.evaluate(points);
    sums.push([
      values,
      await integrator.combine(0, new Float64Array(5).fill(0.2)),
      await integrator.combine(1, new Float64Array(4).fill(0.25)),
    ]);
  }
  // Float32 rounding through about ten layers.
  sums[0].forEach((sum, i) => t.true(relativeError(sum, sums[1][i]) < 1e-5));
});

test('the event loop runs while the network does', async (t) => {
  const network = await engine.compile(heavyNetwork());
  const inputs = [random.tensor([8, 64, 56, 56])];
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  const start = performance.now();
  await network.gradient({ inputs, targets: new Array<number>(8).fill(3) });
  const elapsed = performance.now() - start;
  clearInterval(timer);
  network.dispose();
  t.true(longest < elapsed / 2, `${longest} ms of ${elapsed} without a turn`);
});

test('an abort ends the wait between micro-batches; the network stays usable', async (t) => {
  const network = await engine.compile(heavyNetwork(), { memoryBudget: 1 });
  const inputs = [random.tensor([40, 64, 56, 56])];
  const targets = new Array<number>(40).fill(0);
  const controller = new AbortController();
  const pending = network.gradient({ inputs, targets, signal: controller.signal });
  setTimeout(() => controller.abort(), 50);
  await t.throwsAsync(pending, { code: 'ABORTED' });
  await t.throwsAsync(network.forward(inputs, { signal: AbortSignal.abort() }), { code: 'ABORTED' });
  const [y] = await network.forward([random.tensor([1, 64, 56, 56])]);
  t.true(Math.abs(y.data.reduce((a, b) => a + b) - 1) < 1e-5);
  network.dispose();
  await t.throwsAsync(network.forward(inputs), { message: /disposed/ });
});

test('what does not depend on the input is computed once and can be asked for', async (t) => {
  const builder = new GraphBuilder();
  const x = builder.input([1, 2]);
  const two = builder.constant({ data: Float32Array.of(2, 3), shape: [2] });
  const four = builder.node({ op: 'mul' }, two, two);
  const graph = builder.build(builder.node({ op: 'add' }, x, four));
  const network = await engine.compile(graph);
  const inputs = [{ data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] }];
  const [constant, sum] = await network.forward(inputs, { wanted: [four, graph.outputs[0]] });
  t.deepEqual(constant, { data: Float32Array.of(4, 9), shape: [2] });
  t.deepEqual(sum, { data: Float32Array.of(5, 11, 7, 13), shape: [2, 2] });
  await t.throwsAsync(network.gradient({ inputs, targets: [0, 0], at: two }), { message: /at: .*constant/ });
});

test('a network that mixes its batch runs one batch after another', async (t) => {
  const builder = new GraphBuilder();
  const x = builder.input([1, 3]);
  const column = builder.node({ op: 'transpose', perm: [1, 0] }, x);
  const back = builder.node({ op: 'transpose', perm: [1, 0] }, builder.node({ op: 'relu' }, column));
  const network = await engine.compile(builder.build(back));
  const inputs = [{ data: Float32Array.of(1, -2, 3, -4, 5, 6), shape: [2, 3] }];
  const [y] = await network.forward(inputs);
  t.deepEqual(y, { data: Float32Array.of(1, 0, 3, 0, 5, 6), shape: [2, 3] });
  const { gradients } = await network.gradient({ inputs, targets: [0, 2] });
  t.deepEqual([...gradients.data], [1, 0, 0, 0, 0, 1]);
});

test('computed weights and wrong indices are refused in words', async (t) => {
  const builder = new GraphBuilder();
  const x = builder.input([1, 2]);
  const weights = builder.node({ op: 'transpose', perm: [1, 0] }, x);
  const graph = builder.build(builder.node({ op: 'dense' }, x, weights));
  await t.throwsAsync(engine.compile(graph), { code: 'UNSUPPORTED_OPERATOR', message: /dense.*weights/ });
  const words = new GraphBuilder();
  const indices = words.input([1, 2]);
  const table = words.constant(random.tensor([5, 3]));
  const network = await engine.compile(words.build(words.node({ op: 'gather', axis: 0 }, table, indices)));
  const looked = (...values: number[]) =>
    network.forward([{ data: Float32Array.from(values), shape: [1, 2] }]);
  await t.throwsAsync(looked(0, 5), { code: 'BAD_INPUT', message: /index 5/ });
  t.deepEqual((await looked(4, -5))[0].shape, [1, 2, 3]);
});

test('bad options name the parameter', async (t) => {
  await t.throwsAsync(createTfjsEngine({ backend: 'webgl' as never }), {
    instanceOf: RangeError,
    message: /backend.*webgl/,
  });
  await t.throwsAsync(createTfjsEngine({ threads: 0 }), { instanceOf: RangeError, message: /threads/ });
  const { graph } = randomGraph(1);
  await t.throwsAsync(engine.compile(graph, { precision: 'bf16' }), { code: 'BAD_OPTION', message: /bf16/ });
  await t.throwsAsync(engine.compile(graph, { memoryBudget: 0 }), {
    instanceOf: RangeError,
    message: /memoryBudget/,
  });
});

test('a TensorFlow package that is not installed is an error with the command that installs it', async (t) => {
  for (const backend of ['node', 'node-gpu'] as const) {
    const error = await t.throwsAsync(createTfjsEngine({ backend, module: `absent-tfjs-${backend}` }), {
      code: 'ENGINE_UNAVAILABLE',
    });
    t.regex(error.message, /npm install absent-tfjs-node/);
  }
});

test('where Node lacks what TensorFlow’s own packages call, that is said before they are looked for', async (t) => {
  const error = await t.throwsAsync(createTfjsEngine({ backend: 'node' }), { code: 'ENGINE_UNAVAILABLE' });
  // Removed in Node 23.
  const gone = Number(process.versions.node.split('.')[0]) >= 23;
  t.regex(
    error.message,
    gone ? /does not run on Node.*SMUG_TFJS_BACKEND=wasm/ : /npm install @tensorflow\/tfjs-node@4/,
  );
});

test('a TensorFlow package that is installed runs the same graphs', async (t) => {
  const module = new URL('./tfjs-double.mjs', import.meta.url).href;
  const native = await createTfjsEngine({ backend: 'node', module });
  t.regex(native.description, /4\.22\.0-double.*'tensorflow', 1 worker thread/);
  for (let seed = 0; seed < 10; seed++) {
    const { graph, inputs, at, targets } = randomGraph(seed);
    const [own, wasm] = await Promise.all([native.compile(graph), engine.compile(graph)]);
    t.deepEqual(await own.gradient({ inputs, at, targets }), await wasm.gradient({ inputs, at, targets }));
  }
});
