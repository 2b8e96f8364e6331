import test from 'ava';
import type { CompiledNetwork } from '../../dist/engines/engine.js';
import { referenceEngine } from '../../dist/engines/reference/engine.js';
import { createTfjsEngine } from '../../dist/engines/tfjs/engine.js';
import type { Tensor } from '../../dist/tensor.js';
import { attentionGraph } from '../support/attention-graphs.js';
import { relativeError } from './agreement.js';
import { caseGraphs } from './case-graphs.js';

/** Float32 rounds at 6e-8 per step; sums of up to a hundred terms and a dozen layers stay below this. */
const tolerance = 1e-5;

const engine = await createTfjsEngine({ threads: 2 });

async function both(
  t: { is(a: unknown, b: unknown): void; true(value: boolean, message: string): void },
  networks: [CompiledNetwork, CompiledNetwork],
  inputs: Tensor[],
  at: string | undefined,
  targets: number[],
  name: string,
): Promise<void> {
  const [[y], [expected]] = await Promise.all(networks.map((network) => network.forward(inputs)));
  t.is(y.shape.join(), expected.shape.join());
  t.true(relativeError(y.data, expected.data) < tolerance, `${name}, forward`);
  const [own, right] = await Promise.all(networks.map((one) => one.gradient({ inputs, at, targets })));
  t.is(own.gradients.shape.join(), right.gradients.shape.join());
  t.true(relativeError(own.gradients.data, right.gradients.data) < tolerance, `${name}, gradient`);
  // A single value may be the small difference of larger ones: measured against values near 1.
  own.values.forEach((value, n) => {
    t.true(Math.abs(value - right.values[n]) < tolerance * Math.max(1, Math.abs(value)), `${name}, values`);
  });
}

test('tfjs equals the reference on every operation, forward and back', async (t) => {
  for (const { name, graph, inputs, targets } of caseGraphs()) {
    const networks = await Promise.all([engine.compile(graph), referenceEngine.compile(graph)] as const);
    await both(t, networks, inputs, undefined, targets, name);
    networks[0].dispose();
  }
});

test('tfjs equals the reference on 200 random networks, forward and back', async (t) => {
  for (let seed = 0; seed < 200; seed++) {
    const { graph, inputs, at, targets } = attentionGraph(seed);
    const networks = await Promise.all([engine.compile(graph), referenceEngine.compile(graph)] as const);
    await both(t, networks, inputs, at, targets, `seed ${seed}`);
    networks[0].dispose();
  }
});

test.after('no tensor outlives its network', async (t) => {
  for (const count of await engine.tensorCounts()) t.is(count, 0);
});
