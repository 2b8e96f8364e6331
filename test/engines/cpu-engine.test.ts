import { createCpuEngine } from '../../dist/engines/cpu/engine.js';
import type { GradientResult, IntegrationPath } from '../../dist/engines/engine.js';
import type { SmugError } from '../../dist/errors.js';
import { randomGraph } from '../support/random-graphs.js';
import { cpuEngine, native } from '../support/cpu-here.js';
import { GraphBuilder } from '../support/graph-builder.js';
import { Random } from '../support/random.js';
import { testWith } from '../support/needs.js';

/** A few wide convolutions: long enough to be caught in the act. */
function wideGraph() {
  const random = new Random(11);
  const builder = new GraphBuilder();
  let x = builder.input([1, 32, 64, 64]);
  for (let i = 0; i < 4; i++) {
    const weights = builder.constant(random.tensor([32, 32, 3, 3], 0.05));
    const conv = builder.node(
      { op: 'conv', strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1 },
      x,
      weights,
    );
    x = builder.node({ op: 'relu' }, conv);
  }
  const mean = builder.node({ op: 'reduceMean', axes: [2, 3], keepDims: false }, x);
  return builder.build(mean);
}

/** One drawn sample, `batch` times. */
function inputFor(batch: number, seed = 1) {
  const sample = new Random(seed).tensor([1, 32, 64, 64]).data;
  const data = new Float32Array(batch * sample.length);
  for (let n = 0; n < batch; n++) data.set(sample, n * sample.length);
  return { data, shape: [batch, 32, 64, 64] };
}

native('the description names library, instruction set, threads and precisions', (t) => {
  t.regex(createCpuEngine({ threads: 3 }).description, /^oneDNN 3\.\d+\.\d+, .+, 3 threads, f32/);
});

native('wrong options are named', async (t) => {
  t.throws(() => createCpuEngine({ threads: 0 }), {
    instanceOf: RangeError,
    message: /^threads must be .*; got 0/,
  });
  t.throws(() => createCpuEngine({ memoryBudget: -1 }), {
    instanceOf: RangeError,
    message: /^memoryBudget must be .*; got -1/,
  });
  await t.throwsAsync(cpuEngine().compile(wideGraph(), { precision: 'tf32' }), {
    code: 'BAD_OPTION',
    instanceOf: RangeError,
    message: /^precision must be .*; got 'tf32'/,
  });
  const network = await cpuEngine().compile(wideGraph());
  await t.throwsAsync(network.forward([inputFor(1), inputFor(1)]), {
    instanceOf: RangeError,
    message: /inputs/,
  });
  await t.throwsAsync(network.gradient({ inputs: [inputFor(1)], targets: [99] }), {
    message: /targets\[0\]/,
  });
  await t.throwsAsync(network.forward([inputFor(1)], { wanted: ['nothing'] }), { message: /'nothing'/ });
  network.dispose();
  network.dispose();
  await t.throwsAsync(network.forward([inputFor(1)]), { message: /disposed/ });
});

native('an abort ends the work between micro-batches with ABORTED', async (t) => {
  const network = await cpuEngine().compile(wideGraph());
  const inputs = [inputFor(200)];
  const targets = new Array<number>(200).fill(0);
  const done = AbortSignal.abort();
  t.is((await t.throwsAsync<SmugError>(network.forward(inputs, { signal: done }))).code, 'ABORTED');
  await network.gradient({ inputs: [inputFor(1)], targets: [0] });
  const control = new AbortController();
  setTimeout(() => control.abort(), 20);
  const error = await t.throwsAsync<SmugError>(network.gradient({ inputs, targets, signal: control.signal }));
  t.is(error.code, 'ABORTED');
  const { values } = await network.gradient({ inputs: [inputFor(1)], targets: [0] });
  t.is(values.length, 1);
});

native('the event loop stays free while the engine works', async (t) => {
  const network = await cpuEngine().compile(wideGraph());
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  // Long enough that a turn is had even when the engine's threads and other work take every core.
  await network.gradient({ inputs: [inputFor(1000)], targets: new Array<number>(1000).fill(0) });
  clearInterval(timer);
  t.true(ticks >= 5, `${ticks} ticks`);
});

native('several calls at once give what each gives alone, to the bit', async (t) => {
  const network = await cpuEngine().compile(wideGraph());
  const alone: GradientResult[] = [];
  for (let i = 0; i < 4; i++)
    alone.push(await network.gradient({ inputs: [inputFor(3, i)], targets: [0, 1, 2] }));
  const together = await Promise.all(
    alone.map((_, i) => network.gradient({ inputs: [inputFor(3, i)], targets: [0, 1, 2] })),
  );
  together.forEach(({ gradients }, i) => t.deepEqual(gradients.data, alone[i].gradients.data));
});

native('threads and memory budget change no bit of the result', async (t) => {
  for (const seed of [3, 14, 25]) {
    const { graph, inputs, at, targets } = randomGraph(seed);
    const results = [];
    for (const options of [{ threads: 1 }, { threads: 2 }, { threads: 4, memoryBudget: 1 }]) {
      const network = await cpuEngine().compile(graph, options);
      results.push((await network.gradient({ inputs, at, targets })).gradients.data);
    }
    for (const other of results.slice(1)) t.deepEqual(other, results[0]);
  }
});

native('paths with a baseline, several at once, extended step by step', async (t) => {
  const network = await cpuEngine().compile(wideGraph());
  const paths: IntegrationPath[] = [
    { activation: inputFor(1, 7), target: 3 },
    { activation: inputFor(1, 8), baseline: inputFor(1, 9), target: 4 },
  ];
  const integrator = await network.integrator(paths);
  const alphas = [0.2, 0.7, 0.4];
  for (const alpha of alphas) await integrator.evaluate([1, 0].map((path) => ({ path, alpha })));
  const weights = Float64Array.of(0.5, 0.3, 0.2);
  for (const [p, { activation, baseline, target }] of paths.entries()) {
    const scores = await integrator.combine(p, weights);
    const sums = new Float64Array(scores.length);
    for (const [s, alpha] of alphas.entries()) {
      const start = baseline?.data ?? new Float32Array(scores.length);
      const data = activation.data.map((x, i) => start[i] + alpha * (x - start[i]));
      const { gradients } = await network.gradient({ inputs: [{ ...activation, data }], targets: [target] });
      gradients.data.forEach((g, i) => (sums[i] += weights[s] * g * (activation.data[i] - start[i])));
    }
    let difference = 0;
    let size = 0;
    scores.forEach((x, i) => {
      difference += (x - sums[i]) ** 2;
      size += sums[i] ** 2;
    });
    // Rounding alone; a ReLU within rounding of its kink would weigh about 1/32768 of the whole.
    t.true(Math.sqrt(difference / size) < 1e-3);
  }
  await t.throwsAsync(integrator.combine(0, Float64Array.of(1)), {
    instanceOf: RangeError,
    message: /weights/,
  });
  await t.throwsAsync(integrator.evaluate([{ path: 5, alpha: 0 }]), {
    instanceOf: RangeError,
    message: /path 5/,
  });
  integrator.dispose();
  await t.throwsAsync(integrator.evaluate([{ path: 0, alpha: 0 }]), { message: /disposed/ });
});

const withoutAddon = testWith({
  missing: process.env.SMUG_NATIVE === '0' ? null : 'runs with SMUG_NATIVE=0',
  required: false,
});

withoutAddon('without the addon the engine says how to get it', (t) => {
  const error = t.throws<SmugError>(() => createCpuEngine());
  t.is(error.code, 'ENGINE_UNAVAILABLE');
  t.regex(error.message, /SMUG_NATIVE=0[^]*Unset SMUG_NATIVE, or use --engine tfjs/);
});
