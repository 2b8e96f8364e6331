import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { integratedGradients, integratePaths } from '../../dist/attribution/integrated-gradients.js';
import { gaussLegendre } from '../../dist/attribution/quadrature.js';
import { SharedBatches } from '../../dist/attribution/shared-batches.js';
import { chooseEngine, probeEngines } from '../../dist/engines/choose-engine.js';
import { cudaAddon } from '../../dist/engines/cuda/addon-part.js';
import type { CudaIntegrator } from '../../dist/engines/cuda/network.js';
import { createCudaEngine } from '../../dist/engines/cuda/engine.js';
import { referenceEngine } from '../../dist/engines/reference/engine.js';
import type { SmugError } from '../../dist/errors.js';
import type { Graph } from '../../dist/graph/graph.js';
import { randomGraph } from '../support/random-graphs.js';
import { relativeError } from './agreement.js';
import { cudaEngine, cudaPart, emulated } from '../support/cuda-here.js';
import { GraphBuilder } from '../support/graph-builder.js';
import { Random } from '../support/random.js';

/** pool, squeeze, two expansions side by side, classes: a fire module of SqueezeNet, small; or one without kinks. */
function fireModule(smooth = false): Graph {
  const random = new Random(11);
  const builder = new GraphBuilder();
  const conv = (x: string, [o, i, k]: [number, number, number]) =>
    builder.node(
      { op: smooth ? 'softplus' : 'relu' },
      builder.node(
        { op: 'conv', strides: [1, 1], pads: new Array(4).fill((k - 1) / 2), dilations: [1, 1], groups: 1 },
        x,
        builder.constant(random.tensor([o, i, k, k], 0.3)),
        builder.constant(random.tensor([o], 0.1)),
      ),
    );
  const x = builder.input([1, 16, 15, 15]);
  const pool = { kernel: [3, 3], strides: [2, 2], pads: [0, 0, 0, 0], dilations: [1, 1], ceil: false };
  const squeezed = conv(smooth ? x : builder.node({ op: 'maxPool', ...pool }, x), [8, 16, 1]);
  const both = builder.node(
    { op: 'concat', axis: 1 },
    conv(squeezed, [16, 8, 1]),
    conv(squeezed, [16, 8, 3]),
  );
  const mean = builder.node({ op: 'reduceMean', axes: [2, 3], keepDims: false }, conv(both, [10, 32, 1]));
  return builder.build(builder.node({ op: 'softmax', axis: 1 }, mean));
}

function activation(seed: number) {
  const { data, shape } = new Random(seed).tensor([1, 16, 15, 15]);
  return { data: data.map((x) => Math.max(0, x)), shape };
}

function batchOf(count: number, seed = 1) {
  const sample = new Random(seed).tensor([1, 16, 15, 15]).data;
  const data = new Float32Array(count * sample.length);
  for (let n = 0; n < count; n++) data.set(sample, n * sample.length);
  return { data, shape: [count, 16, 15, 15] };
}

emulated('wrong options are named', async (t) => {
  t.throws(() => createCudaEngine({ memoryBudget: -1 }, cudaPart()), {
    message: /^memoryBudget must be .*; got -1/,
  });
  const precision = 'f16' as 'f32';
  await t.throwsAsync(cudaEngine().compile(fireModule(), { precision }), {
    message: /^precision must be one of tf32, .* with the cuda engine; got .*f16/,
  });
  const network = await cudaEngine().compile(fireModule());
  await t.throwsAsync(network.gradient({ inputs: [batchOf(1)], targets: [99] }), { message: /targets\[0\]/ });
  network.dispose();
  await t.throwsAsync(network.forward([batchOf(1)]), { message: /disposed/ });
});

emulated('a memory budget of one byte changes no bit', async (t) => {
  for (const seed of [3, 14, 25]) {
    const { graph, inputs, at, targets } = randomGraph(seed);
    const [wide, narrow] = await Promise.all(
      [{}, { memoryBudget: 1 }].map(async (options) =>
        (await cudaEngine().compile(graph, options)).gradient({ inputs, at, targets }),
      ),
    );
    t.deepEqual(narrow.gradients.data, wide.gradients.data);
  }
});

emulated('several calls at once give what each gives alone, to the bit', async (t) => {
  const network = await cudaEngine().compile(fireModule());
  const run = (seed: number) => network.gradient({ inputs: [batchOf(3, seed)], targets: [0, 1, 2] });
  const alone = [await run(1), await run(2), await run(3)];
  const together = await Promise.all([run(1), run(2), run(3)]);
  together.forEach(({ gradients }, i) => t.deepEqual(gradients.data, alone[i].gradients.data));
});

emulated('an abort ends the work between micro-batches with ABORTED', async (t) => {
  const network = await cudaEngine().compile(fireModule(), { memoryBudget: 1 });
  const inputs = [batchOf(300)];
  const control = new AbortController();
  setTimeout(() => control.abort(), 20);
  const running = network.gradient({
    inputs,
    targets: new Array<number>(300).fill(0),
    signal: control.signal,
  });
  t.is((await t.throwsAsync<SmugError>(running)).code, 'ABORTED');
  t.is((await network.gradient({ inputs: [batchOf(1)], targets: [0] })).values.length, 1);
});

// The bounds of the arithmetic: rounded operands and gradients, a handful of layers forward and back. Gradients are
// bfloat16 in both rounded precisions, at most 2⁻⁹ of each number per layer: 3·10⁻³ after these. Without kinks, for a
// rounded argument that changes sign at one changes a gradient by more than rounding; with them tf32, whose forward pass
// keeps 16 bits, is five times nearer to f32 than TF32 both ways (native/cuda/precision.h).
for (const [precision, bound] of [
  ['f32', 1e-5],
  ['tf32', 5e-3],
  ['bf16', 1e-2],
] as const) {
  emulated(`integrated gradients in ${precision} agree with the reference`, async (t: ExecutionContext) => {
    const a = activation(2);
    const [own, right] = await Promise.all(
      [cudaEngine(), referenceEngine].map(async (engine) => {
        const options = engine === referenceEngine ? {} : { precision };
        const network = await engine.compile(fireModule(true), options);
        return integratedGradients(
          { tail: network, activation: a, target: 3, output: 'probability' },
          { steps: 16 },
        );
      }),
    );
    const error = relativeError(own.scores, right.scores);
    t.log(`scores differ by ${error.toExponential(1)}`);
    t.true(error < bound);
  });
}

emulated('it says how many layers run on which kernel', async (t) => {
  const network = await cudaEngine().compile(fireModule());
  const kernels = Object.entries(network.kernels!());
  // Four convolutions, forward and back; on the emulated device the first tile that fits is taken.
  t.is(
    kernels.reduce((sum, [, layers]) => sum + layers, 0),
    8,
  );
  t.true(kernels.every(([kernel]) => kernel.startsWith('mma')));
});

emulated('images that wait together have the scores that each has alone, to the bit', async (t) => {
  const network = await cudaEngine().compile(fireModule());
  const shared = new SharedBatches();
  const paths = [1, 2, 3, 4, 5].map((seed) => ({ activation: activation(seed), target: seed }));
  const together = await Promise.all(
    paths.map((path) => shared.integrate(network, path, { tolerance: 1e-3 })),
  );
  for (const [at, path] of paths.entries()) {
    const [alone] = await integratePaths(network, [path], { tolerance: 1e-3 });
    t.deepEqual(together[at], alone);
  }
});

emulated('the highest scores and their sum are those of the whole list', async (t) => {
  const network = await cudaEngine().compile(fireModule(), { precision: 'f32' });
  const integrator = (await network.integrator([{ activation: activation(4), target: 1 }])) as CudaIntegrator;
  const { points, weights } = gaussLegendre(5);
  await integrator.evaluate(Array.from(points, (alpha) => ({ path: 0, alpha })));
  const scores = await integrator.combine(0, weights);
  const { indices, scores: highest, sum } = await integrator.top(0, weights, 100);
  const order = Array.from(scores.keys())
    .filter((i) => scores[i] > 0)
    .sort((a, b) => scores[b] - scores[a] || a - b)
    .slice(0, 100);
  t.deepEqual([...indices], order);
  t.deepEqual(
    [...highest],
    order.map((i) => scores[i]),
  );
  // Another order of a thousand additions in double.
  t.true(Math.abs(sum - scores.reduce((total, x) => total + x, 0)) < 1e-12);
  const slopes = await integrator.slopes(0);
  t.is(slopes.length, 5);
  await t.throwsAsync(integrator.top(0, weights, 0), { instanceOf: RangeError, message: /k is 0/ });
  integrator.dispose();
  await t.throwsAsync(integrator.top(0, weights, 1), { message: /disposed/ });
});

emulated('short memory halves the micro-batch, changes no bit, and is said once', async (t) => {
  const script = fileURLToPath(new URL('cuda-memory-process.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', script]);
  const { equal, warnings } = JSON.parse(stdout) as { equal: boolean; warnings: string[] };
  t.true(equal);
  t.is(warnings.length, 1);
  t.regex(warnings[0], /^cuda engine: .*micro-batch/);
});

test('where it cannot run, one line says why and what mends it', async (t) => {
  const reasons = {
    missing: t.throws<SmugError>(() => cudaAddon(null)),
    withoutCuda: t.throws<SmugError>(() => cudaAddon({})),
    withoutDriver: t.throws<SmugError>(() =>
      cudaAddon({
        cudaCompile: () => undefined,
        cudaInformation: () => ({ available: false, reason: 'there is no NVIDIA driver on this machine' }),
      }),
    ),
  };
  for (const { code, message } of Object.values(reasons)) {
    t.is(code, 'ENGINE_UNAVAILABLE');
    t.regex(message, /^The cuda engine cannot run: [^\n]+--engine cpu or tfjs\.$/);
  }
  t.regex(reasons.withoutCuda.message, /built without it.*npm run setup -- --cuda/);
  t.regex(reasons.withoutDriver.message, /no NVIDIA driver/);
  const [cuda] = await probeEngines();
  t.is(cuda.engine, 'cuda');
  if (cuda.outcome === 'available') return;
  t.regex(cuda.detail, /^The cuda engine cannot run: /);
  t.is((await t.throwsAsync<SmugError>(chooseEngine('cuda'))).message, cuda.detail);
});
