import { referenceEngine } from '../../dist/engines/reference/engine.js';
import { SmugError } from '../../dist/errors.js';
import { checkGraph } from '../../dist/graph/infer.js';
import type { Graph } from '../../dist/graph/graph.js';
import { simplify } from '../../dist/graph/simplify.js';
import { splitNetwork } from '../../dist/graph/split-network.js';
import type { ModelFile } from '../../dist/loaders/model.js';
import { sizeOf, zeros } from '../../dist/tensor.js';

/** Only graphs that run in a blink are run. */
const SMALL_WORK = 200_000;

/**
 * Takes a (mutated) file all the way: load, build, simplify, split, and run when it is small. Returns the code of
 * the one clear error, or 'loaded'; anything else that is thrown is a defect and passes through.
 */
export async function outcomeOf(load: () => ModelFile | Promise<ModelFile>): Promise<string> {
  try {
    const file = await load();
    const graph = file.instantiate(new Map());
    const simple = simplify(graph);
    checkGraph(simple);
    if (workOf(simple) < SMALL_WORK) await run(simple);
    splitNetwork(graph, 'probability');
    return 'loaded';
  } catch (error) {
    if (error instanceof SmugError && error.message.length > 10) return error.code;
    throw error;
  }
}

async function run(graph: Graph): Promise<void> {
  const outputs = graph.outputs.filter((output) => !graph.constants.has(output));
  if (outputs.length === 0) return;
  const network = await referenceEngine.compile({ ...graph, outputs });
  await network.forward(graph.inputs.map((input) => zeros(graph.shapes.get(input) ?? [])));
  network.dispose();
}

/** A bound on multiplications: every output element reads at most a whole weight, window or input. */
function workOf(graph: Graph): number {
  const size = (value: string) => sizeOf(graph.shapes.get(value) ?? []);
  let work = graph.inputs.reduce((sum, input) => sum + size(input), 0);
  for (const node of graph.nodes) {
    const second = node.inputs[1] === undefined ? 1 : size(node.inputs[1]);
    const window = 'kernel' in node ? sizeOf(node.kernel) : node.op === 'lrn' ? node.size : second;
    const padded = 'pads' in node ? node.pads.reduce((sum, pad) => sum + Math.abs(pad), 1) : 1;
    work += size(node.output) * Math.max(1, window) + padded ** 2;
  }
  return work;
}
