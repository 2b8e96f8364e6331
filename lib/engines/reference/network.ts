import type { Graph, Node, Operation } from '../../graph/graph.js';
import { ancestorsOf, descendantsOf } from '../reachability.js';
import type { Allocate, Kernel, Values } from './kernel.js';
import { kernels } from './registry.js';

/** The kernel of one node; the registry guarantees that its type is the node's own. */
function kernelOf(node: Node): Kernel<Operation> {
  return kernels[node.op] as unknown as Kernel<Operation>;
}

/** Called before every node: the place to give way to other work or to stop. */
export type Pause = () => Promise<void> | void;

/**
 * Runs the graph at its own batch size and returns every value that `needed` depends on, constants and
 * inputs included.
 */
export async function runForward(
  graph: Graph,
  inputs: readonly Values[],
  needed: readonly string[],
  allocate: Allocate,
  pause: Pause = () => {},
): Promise<Map<string, Values>> {
  const values = new Map<string, Values>(graph.constants);
  graph.inputs.forEach((name, i) => values.set(name, inputs[i]));
  const wanted = ancestorsOf(graph, needed);
  for (const node of graph.nodes) {
    if (!wanted.has(node.output)) continue;
    await pause();
    const shape = graph.shapes.get(node.output)!;
    const operands = node.inputs.map((name) => values.get(name)!);
    values.set(node.output, kernelOf(node).forward(node, operands, shape, allocate));
  }
  return values;
}

/**
 * ∂(Σ seed ⊙ output)/∂(value `at`), by reverse accumulation: every node hands its output's gradient to those
 * of its inputs that depend on `at`; a value that is used several times adds up.
 */
export async function runBackward(
  graph: Graph,
  values: ReadonlyMap<string, Values>,
  output: string,
  seed: Values,
  at: string,
  allocate: Allocate,
  pause: Pause = () => {},
): Promise<Values> {
  const moving = descendantsOf(graph, at);
  const gradients = new Map<string, Values>([[output, seed]]);
  for (const node of graph.nodes.toReversed()) {
    const gradient = gradients.get(node.output);
    if (gradient === undefined || node.output === at || !moving.has(node.output)) continue;
    await pause();
    const inputs = node.inputs.map((name) => values.get(name)!);
    const wanted = node.inputs.map((name) => moving.has(name));
    const call = { operation: node, inputs, output: values.get(node.output)!, gradient, wanted };
    const parts = kernelOf(node).backward(call, allocate);
    node.inputs.forEach((name, i) => {
      const part = parts[i];
      if (wanted[i] && part !== undefined) accumulate(gradients, name, part);
    });
    gradients.delete(node.output);
  }
  return gradients.get(at) ?? allocate(values.get(at)!.shape);
}

function accumulate(gradients: Map<string, Values>, name: string, part: Values): void {
  const sum = gradients.get(name);
  if (sum === undefined) gradients.set(name, part);
  else for (let i = 0; i < part.data.length; i++) sum.data[i] += part.data[i];
}
