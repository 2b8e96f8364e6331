import { type ExecutionContext } from 'ava';
import type { CompiledNetwork, CompileOptions, Engine } from '../../dist/engines/engine.js';
import { referenceEngine } from '../../dist/engines/reference/engine.js';
import type { Graph } from '../../dist/graph/graph.js';
import type { Tensor } from '../../dist/tensor.js';
import { relativeError } from './agreement.js';

/**
 * Forward and gradient of an engine equal the reference's: ‖difference‖ within `tolerance` of the whole, single values
 * within `tolerance` of values near 1.
 */
export async function agreesWithReference(
  t: ExecutionContext,
  engine: Engine,
  compileOptions: CompileOptions,
  tolerance: number,
  graph: Graph,
  inputs: Tensor[],
  at: string | undefined,
  targets: number[],
  name: string,
): Promise<void> {
  const networks: CompiledNetwork[] = [
    await engine.compile(graph, compileOptions),
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
