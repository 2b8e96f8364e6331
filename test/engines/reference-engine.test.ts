import test from 'ava';
import { referenceEngine } from '../../dist/engines/reference/engine.js';
import { GraphBuilder } from '../support/graph-builder.js';
import { Random } from '../support/random.js';
import { randomGraph } from '../support/random-graphs.js';

const random = new Random(5);

/** y = W₂·relu(W₁x): piecewise linear in x, so its path integrals have closed forms. */
function reluNetwork(hidden: number[], readout: number[]) {
  const builder = new GraphBuilder();
  const x = builder.input([1, hidden.length]);
  const diagonal = hidden.map((weight, i) => hidden.map((_, j) => (i === j ? weight : 0))).flat();
  const first = builder.constant({
    data: Float32Array.from(diagonal),
    shape: [hidden.length, hidden.length],
  });
  const second = builder.constant({ data: Float32Array.from(readout), shape: [readout.length, 1] });
  const relu = builder.node({ op: 'relu' }, builder.node({ op: 'dense' }, x, first));
  return builder.build(builder.node({ op: 'dense' }, relu, second));
}

test('a batch gives the bits that its samples give one by one', async (t) => {
  for (let seed = 0; seed < 30; seed++) {
    const { graph, inputs, at, targets } = randomGraph(seed);
    const network = await referenceEngine.compile(graph);
    const [together] = await network.forward(inputs);
    const gradients = (await network.gradient({ inputs, at, targets })).gradients.data;
    const length = inputs[0].data.length / targets.length;
    for (const [n, target] of targets.entries()) {
      const shape = [1, ...inputs[0].shape.slice(1)];
      const one = [{ data: inputs[0].data.slice(n * length, (n + 1) * length), shape }];
      const [alone] = await network.forward(one);
      t.deepEqual(alone.data, together.data.subarray(n * alone.data.length, (n + 1) * alone.data.length));
      const own = (await network.gradient({ inputs: one, at, targets: [target] })).gradients.data;
      t.deepEqual(own, gradients.subarray(n * own.length, (n + 1) * own.length));
    }
  }
});

test('the integral of a gradient that does not change is exact, whatever the rule', async (t) => {
  const network = await referenceEngine.compile(reluNetwork([2, -3, 1], [1, 5, -4]));
  const activation = { data: Float32Array.of(1, 2, 3), shape: [1, 3] };
  const integrator = await network.integrator([{ activation, target: 0 }]);
  const values = await integrator.evaluate([
    { path: 0, alpha: 0.25 },
    { path: 0, alpha: 1 },
  ]);
  // x₁: 2·1·1, x₂: its relu is shut, x₃: 3·1·(−4).
  t.deepEqual([...values], [0.25 * (2 - 12), 2 - 12]);
  t.deepEqual([...(await integrator.combine(0, Float64Array.of(0.5, 0.5)))], [2, 0, -12]);
});

test('a baseline moves the path', async (t) => {
  const network = await referenceEngine.compile(reluNetwork([1, 1], [1, 1]));
  const activation = { data: Float32Array.of(1, 1), shape: [1, 2] };
  const baseline = { data: Float32Array.of(-1, 3), shape: [1, 2] };
  const integrator = await network.integrator([{ activation, baseline, target: 0 }]);
  // On the first half of the path the first relu is shut.
  const values = await integrator.evaluate([
    { path: 0, alpha: 0.25 },
    { path: 0, alpha: 0.75 },
  ]);
  t.deepEqual([...values], [2.5, 0.5 + 1.5]);
  t.deepEqual([...(await integrator.combine(0, Float64Array.of(0.5, 0.5)))], [1, -2]);
});

test('several paths keep their own points; a cancelled evaluation leaves no trace', async (t) => {
  const network = await referenceEngine.compile(reluNetwork([1, 1], [2, 3]));
  const paths = [0, 1].map((i) => ({
    activation: { data: Float32Array.of(1 + i, 4), shape: [1, 2] },
    target: 0,
  }));
  const integrator = await network.integrator(paths);
  await integrator.evaluate([
    { path: 1, alpha: 0.5 },
    { path: 0, alpha: 0.5 },
    { path: 1, alpha: 1 },
  ]);
  const points = [{ path: 0, alpha: 1 }];
  await t.throwsAsync(integrator.evaluate(points, { signal: AbortSignal.abort() }), { code: 'ABORTED' });
  t.deepEqual([...(await integrator.combine(0, Float64Array.of(1)))], [2, 12]);
  t.deepEqual([...(await integrator.combine(1, Float64Array.of(0.25, 0.75)))], [4, 12]);
  await t.throwsAsync(integrator.combine(0, Float64Array.of(0.5, 0.5)), {
    instanceOf: RangeError,
    message: /weights/,
  });
  await t.throwsAsync(integrator.evaluate([{ path: 2, alpha: 0 }]), {
    instanceOf: RangeError,
    message: /path/,
  });
  await t.throwsAsync(integrator.evaluate([{ path: 0, alpha: 1.5 }]), {
    instanceOf: RangeError,
    message: /alpha/,
  });
  integrator.dispose();
  await t.throwsAsync(integrator.evaluate(points), { message: /disposed/ });
});

test('the gradient at an inner value', async (t) => {
  const graph = reluNetwork([1, 1], [2, 3]);
  const network = await referenceEngine.compile(graph);
  const inputs = [{ data: Float32Array.of(-1, 1), shape: [1, 2] }];
  const { values, gradients } = await network.gradient({ inputs, at: graph.nodes[1].output, targets: [0] });
  t.deepEqual([...values], [3]);
  t.deepEqual([...gradients.data], [2, 3]);
});

test('bad calls name the parameter', async (t) => {
  const network = await referenceEngine.compile(reluNetwork([1, 1], [2, 3]));
  const good = { data: Float32Array.of(1, 2), shape: [1, 2] };
  const refused = async (
    promise: Promise<unknown>,
    instanceOf: typeof RangeError | typeof TypeError,
    message: RegExp,
  ) => void (await t.throwsAsync(promise, { instanceOf, message }));
  await refused(network.forward([]), RangeError, /inputs/);
  await refused(network.forward([random.tensor([1, 3])]), RangeError, /x0.*\[1, 3\].*\[1, 2\]/);
  await refused(network.forward([{ data: [1, 2], shape: [1, 2] } as never]), TypeError, /Float32Array/);
  await refused(network.forward([{ data: new Float32Array(3), shape: [1, 2] }]), RangeError, /3 elements/);
  await refused(network.forward([good], { wanted: ['nothing'] }), RangeError, /wanted.*nothing/);
  await refused(network.gradient({ inputs: [good], targets: [1] }), RangeError, /targets\[0\]/);
  await refused(network.gradient({ inputs: [good], targets: [0, 0] }), RangeError, /targets/);
  await refused(network.gradient({ inputs: [good], targets: [0], at: 'nothing' }), RangeError, /at.*nothing/);
  network.dispose();
  network.dispose();
  await t.throwsAsync(network.forward([good]), { message: /disposed/ });
});
