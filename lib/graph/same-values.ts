import { sameShape, type Tensor } from '../tensor.js';
import type { Graph, Node } from './graph.js';
import { operationOf } from './rules/rule.js';

/**
 * Which of some computed values are the same whatever the input is, since the same operations make them of the same values:
 * exporters write a transpose or a reshape anew for each of its readers.
 *
 * @returns per value the first one that equals it; a value that is not in `values` stands for itself
 */
export function sameValues(graph: Graph, values: ReadonlySet<string>): Map<string, string> {
  const first = new Map<string, string>();
  const made = new Map<string, string>();
  const constants: [string, Tensor][] = [];
  const firstOf = (value: string): string => {
    const known = first.get(value);
    const constant = graph.constants.get(value);
    if (known !== undefined || constant === undefined) return known ?? value;
    const same = constants.find(([, other]) => sameTensor(other, constant))?.[0] ?? value;
    if (same === value) constants.push([value, constant]);
    first.set(value, same);
    return same;
  };
  for (const node of graph.nodes) {
    if (!values.has(node.output)) continue;
    const way = JSON.stringify([attributesOf(node), node.inputs.map(firstOf)]);
    if (!made.has(way)) made.set(way, node.output);
    first.set(node.output, made.get(way)!);
  }
  return first;
}

/** An operation and its attributes as text: equal for nodes that do the same. */
export function attributesOf(node: Node): string {
  return JSON.stringify(Object.entries(operationOf(node)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function sameTensor(a: Tensor, b: Tensor): boolean {
  return a === b || (sameShape(a.shape, b.shape) && a.data.every((value, at) => value === b.data[at]));
}
