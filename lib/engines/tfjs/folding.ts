import { dependsOnInput } from '../../graph/batch.js';
import type { Graph } from '../../graph/graph.js';
import type { Tensor } from '../../tensor.js';
import { float32 } from '../reference/kernel.js';
import { runForward } from '../reference/network.js';

/**
 * The same graph with everything that does not depend on its inputs computed beforehand. Constants lie in
 * shared memory, so that every worker thread reads the same copy.
 */
export async function folded(graph: Graph): Promise<Graph> {
  const varying = dependsOnInput(graph);
  const fixed = graph.nodes.filter((node) => !varying.has(node.output)).map((node) => node.output);
  const constants = new Map(graph.constants);
  if (fixed.length > 0) {
    const without = { ...graph, inputs: [] };
    const values = await runForward(without, [], fixed, float32);
    for (const name of fixed) {
      const { data, shape } = values.get(name)!;
      constants.set(name, { data: data as Float32Array, shape: [...shape] });
    }
  }
  return {
    ...graph,
    nodes: graph.nodes.filter((node) => varying.has(node.output)),
    constants: new Map([...constants].map(([name, tensor]) => [name, shared(tensor)])),
  };
}

function shared({ data, shape }: Tensor): Tensor {
  const copy = new Float32Array(new SharedArrayBuffer(data.byteLength));
  copy.set(data);
  return { data: copy, shape };
}
