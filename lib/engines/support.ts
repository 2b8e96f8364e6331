import { badOption, SmugError } from '../errors.js';
import { dependsOnInput } from '../graph/batch.js';
import { shapeOf, type Graph, type Node, type OperationName } from '../graph/graph.js';
import type { CompileOptions } from './engine.js';

/** What an engine asks of a graph beyond the conventions of `graph.ts`. */
export interface EngineLimits {
  /** As messages call it: "the cpu engine". */
  engine: string;
  precisions: readonly string[];
  /** Most dimensions of a value. Default: any number. */
  rank?: number;
  /** Operations that it does not have. Default: none. */
  without?: ReadonlySet<OperationName>;
  /** Whether `prelu` may have a slope that depends on the input. Default: yes. */
  variableSlopes?: boolean;
}

/** What the native engines do not have yet. */
export const NOT_NATIVE: ReadonlySet<OperationName> = new Set(['erf', 'sqrt', 'gelu', 'layerNorm', 'matMul']);

/** Why the engine cannot run the graph, in one line; null where it can. */
export function unsupported(
  graph: Graph,
  { precision }: CompileOptions,
  { engine, precisions, rank = Infinity, without, variableSlopes = true }: EngineLimits,
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
    if (without?.has(node.op)) return `${what}: ${engine} does not have this operation`;
    if (computed !== undefined)
      return `${what} computes its weights while running; ${engine} needs constant ones`;
    if (isWindowed(node) && shapeOf(graph, node.inputs[0]).length > 4)
      return `${what} has more than two spatial axes; ${engine} takes one or two`;
    if (node.op === 'prelu' && dependent.has(node.inputs[1]))
      return `${what}: ${engine} has no gradient with respect to its slope`;
  }
  return null;
}

/** @throws SmugError UNSUPPORTED_OPERATOR that names the first node that a native engine does not have */
export function checkNative(graph: Graph, engine: string): void {
  const node = graph.nodes.find(({ op }) => NOT_NATIVE.has(op));
  if (node === undefined) return;
  throw new SmugError(
    'UNSUPPORTED_OPERATOR',
    `Node '${node.name}' (${node.op}): ${engine} does not have this operation. Use another engine (--engine tfjs or reference).`,
  );
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
