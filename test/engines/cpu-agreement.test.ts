import { type ExecutionContext } from 'ava';
import type { CompiledNetwork } from '../../dist/engines/engine.js';
import { referenceEngine } from '../../dist/engines/reference/engine.js';
import type { Graph } from '../../dist/graph/graph.js';
import type { Tensor } from '../../dist/tensor.js';
import { randomGraph } from '../random-graphs.js';
import { relativeError } from './agreement.js';
import { caseGraphs } from './case-graphs.js';
import { cpuEngine, native } from './cpu-here.js';

/** Float32 rounds at 6e-8 a step; sums of up to a hundred terms and a dozen layers stay below this. */
const tolerance = 1e-5;

async function agree(
  t: ExecutionContext,
  graph: Graph,
  inputs: Tensor[],
  at: string | undefined,
  targets: number[],
  name: string,
): Promise<void> {
  const networks: CompiledNetwork[] = [
    await cpuEngine().compile(graph),
    await referenceEngine.compile(graph),
  ];
  const [[y], [expected]] = await Promise.all(networks.map((network) => network.forward(inputs)));
  t.is(y.shape.join(), expected.shape.join());
  t.true(relativeError(y.data, expected.data) < tolerance, `${name}, forward`);
  const [own, right] = await Promise.all(networks.map((one) => one.gradient({ inputs, at, targets })));
  t.is(own.gradients.shape.join(), right.gradients.shape.join());
  const error = relativeError(own.gradients.data, right.gradients.data);
  t.true(error < tolerance, `${name}, gradient: ${error}`);
  // A single value may be the small difference of larger ones: measured against values near 1.
  own.values.forEach((value, n) => {
    t.true(Math.abs(value - right.values[n]) < tolerance * Math.max(1, Math.abs(value)), `${name}, values`);
  });
  networks[0].dispose();
}

native('cpu equals the reference on every operation, forward and back', async (t) => {
  for (const { name, graph, inputs, targets } of caseGraphs()) {
    await agree(t, graph, inputs, undefined, targets, name);
  }
});

native('cpu equals the reference on 300 random networks, forward and back', async (t) => {
  for (let seed = 0; seed < 300; seed++) {
    const { graph, inputs, at, targets } = randomGraph(seed);
    await agree(t, graph, inputs, at, targets, `seed ${seed}`);
  }
});
