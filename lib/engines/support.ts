import { badOption } from '../errors.js';
import { dependsOnInput } from '../graph/batch.js';
import { shapeOf, type Graph, type Node } from '../graph/graph.js';
import type { CompileOptions } from './engine.js';

/** What an engine asks of a graph beyond the conventions of `graph.ts`. */
export interface EngineLimits {
  /** As messages call it: "the cpu engine". */
  engine: string;
  precisions: readonly string[];
  /** Most dimensions of a value. Default: any number. */
  rank?: number;
  /** Whether `prelu` may have a slope that depends on the input. Default: yes. */
  variableSlopes?: boolean;
}

/** Why the engine cannot run the graph, in one line; null where it can. */
export function unsupported(
  graph: Graph,
  { precision }: CompileOptions,
  { engine, precisions, rank = Infinity, variableSlopes = true }: EngineLimits,
): string | null {
  if (precision !== undefined && !precisions.includes(precision))
    return `precision '${precision}': ${engine} has ${precisions.join(', ')}`;
  for (const [name, shape] of graph.shapes) {
    if (shape.length > rank)
      return `value '${name}' has ${shape.length} dimensions; ${engine} takes at most ${rank}`;
    if (!graph.constants.has(name) && shape.includes(0)) return `value '${name}' has no elements`;
  }
  const dependent = variableSlopes ? new Set<string>() : dependsOnInput(graph);
  for (const node of graph.nodes) {
    const computed = parametersOf(node).find((input) => !graph.constants.has(input));
    const what = `node '${node.name}' (${node.op})`;
    if (computed !== undefined)
      return `${what} computes its weights while running; ${engine} needs constant ones`;
    if (isWindowed(node) && shapeOf(graph, node.inputs[0]).length > 4)
      return `${what} has more than two spatial axes; ${engine} takes one or two`;
    if (node.op === 'prelu' && dependent.has(node.inputs[1]))
      return `${what}: ${engine} has no gradient with respect to its slope`;
  }
  return null;
}

/** @throws RangeError that names the option */
export function checkCompileOptions({ threads, memoryBudget }: CompileOptions): void {
  const whole = { threads, memoryBudget };
  for (const [name, value] of Object.entries(whole))
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0))
      throw badOption(name, value, `a positive whole number${name === 'memoryBudget' ? ' of bytes' : ''}`);
}

function parametersOf({ op, inputs }: Node): string[] {
  return op === 'conv' || op === 'dense' || op === 'affine' || op === 'layerNorm' ? inputs.slice(1) : [];
}

function isWindowed({ op }: Node): boolean {
  return op === 'conv' || op === 'maxPool' || op === 'averagePool';
}
