import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import { integratePaths } from '../../dist/attribution/integrated-gradients.js';
import type { SmugError } from '../../dist/errors.js';
import type { IntegrationPath } from '../../dist/engines/engine.js';
import { sharedPath } from '../support/shared-data.js';
import { relativeError } from './agreement.js';
import { cpuEngine, native } from '../support/cpu-here.js';
import { randomGraph } from '../support/random-graphs.js';
import { GraphBuilder } from '../support/graph-builder.js';
import { cpuAddon, sharedData, testWith } from '../support/needs.js';

const nativeShared = testWith(cpuAddon, sharedData);

/** A small graph with one input, and a path through it. */
function smallPath(): { graph: ReturnType<typeof randomGraph>['graph']; path: IntegrationPath } {
  for (let seed = 1; ; seed++) {
    const { graph, inputs, targets } = randomGraph(seed);
    const single = graph.inputs.length === 1 && inputs[0].shape[0] === 1 && targets.length === 1;
    if (single) return { graph, path: { activation: inputs[0], target: targets[0] } };
  }
}

native('gradients beyond the memory budget are refused, sixteen points never are', async (t) => {
  const { graph, path } = smallPath();
  const network = await cpuEngine().compile(graph, { memoryBudget: 1 });
  const integrator = await network.integrator([path]);
  t.is(integrator.pointsThatFit, 16);
  const points = Array.from({ length: 16 }, (_, i) => ({ path: 0, alpha: i / 16 }));
  await integrator.evaluate(points);
  const error = await t.throwsAsync<SmugError>(integrator.evaluate([{ path: 0, alpha: 1 }]));
  t.is(error.code, 'OUT_OF_MEMORY');
  t.regex(error.message, /17 points.*16 fit in memoryBudget/);
  // The refused call left nothing behind.
  t.is((await integrator.combine(0, new Float64Array(16).fill(1 / 16))).length, path.activation.data.length);
  integrator.dispose();
  network.dispose();
});

native('a rule of more steps than fit is summed in parts, equal up to rounding', async (t) => {
  const { graph, path } = smallPath();
  const [small, large] = await Promise.all(
    [1, 2 ** 30].map((memoryBudget) => cpuEngine().compile(graph, { memoryBudget })),
  );
  const [[own], [right]] = await Promise.all(
    [small, large].map((network) => integratePaths(network, [path, path], { steps: 50 })),
  );
  t.is(own.steps, 50);
  // Sums of float32 scores instead of one sum in double: a few roundings of 6e-8 each.
  t.true(relativeError(own.scores, right.scores) < 1e-6);
});

native('slopes are what each point alone would sum to', async (t) => {
  const { graph, path } = smallPath();
  const network = await cpuEngine().compile(graph);
  const baseline = { ...path.activation, data: path.activation.data.map((x) => x / 2 - 0.1) };
  const integrator = await network.integrator([path, { ...path, baseline }]);
  const alphas = [0.1, 0.6, 0.9];
  for (const at of [0, 1]) {
    await integrator.evaluate(alphas.map((alpha) => ({ path: at, alpha })));
    const slopes = await integrator.slopes!(at);
    for (let point = 0; point < alphas.length; point++) {
      const scores = await integrator.combine(
        at,
        Float64Array.from(alphas, (_, i) => Number(i === point)),
      );
      let sum = 0;
      let size = 1e-12;
      for (const score of scores) {
        sum += score;
        size += Math.abs(score);
      }
      // Relative to what is added up: float32 rounding of the scores.
      t.true(Math.abs(slopes[point] - sum) < 1e-5 * size);
    }
  }
});

/** Peak of a process that integrates once, held against its budget, the model and 200 MB. */
async function staysWithin(t: ExecutionContext, model: string, budget: number, steps: number): Promise<void> {
  const script = fileURLToPath(new URL('cpu-memory-process.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, model, `${budget}`, `${steps}`]);
  const { peakBytes, weightBytes } = JSON.parse(stdout) as { peakBytes: number; weightBytes: number };
  t.log(`budget ${budget} MiB, ${steps || 'adaptive'} steps: peak ${(peakBytes / 2 ** 20).toFixed(0)} MiB`);
  t.true(peakBytes < budget * 2 ** 20 + weightBytes + 200e6, `${peakBytes} bytes`);
}

nativeShared('an attribution stays within its memory budget, the model and 200 MB', async (t) => {
  const model = sharedPath('models', 'squeezenet1.1');
  await staysWithin(t, model, 24, 0);
  await staysWithin(t, model, 64, 200);
});

native('so does one whose weights are larger than the budget', async (t) => {
  await staysWithin(t, 'heavy', 64, 20);
  await staysWithin(t, 'heavy', 128, 0);
});

native('a compiled graph shares its large weights with the engine', async (t) => {
  const builder = new GraphBuilder();
  const x = builder.input([1, 200]);
  const large = { data: Float32Array.from({ length: 200 * 50 }, (_, i) => Math.sin(i)), shape: [200, 50] };
  const small = { data: Float32Array.from({ length: 50 }, (_, i) => i), shape: [50] };
  const [mine, itsBias] = [large.data, small.data];
  const graph = builder.build(
    builder.node({ op: 'dense' }, x, builder.constant(large), builder.constant(small)),
  );
  const network = await cpuEngine().compile(graph);
  t.not(large.data, mine);
  t.deepEqual(large.data, mine);
  t.is(small.data, itsBias);
  // The memory outlives the network, and serves others.
  const own = large.data;
  network.dispose();
  const again = await cpuEngine().compile(graph);
  t.is(large.data, own);
  const input = { data: Float32Array.from({ length: 200 }, (_, i) => Math.cos(i)), shape: [1, 200] };
  const [output] = await again.forward([input]);
  const right = small.data.map((bias, j) =>
    input.data.reduce((sum, x, i) => sum + x * mine[50 * i + j], bias),
  );
  t.true(relativeError(output.data, right) < 1e-5);
  again.dispose();
});
