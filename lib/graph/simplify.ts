import { sameShape, type Tensor } from '../tensor.js';
import type { Graph, Node, Operation } from './graph.js';
import { shapeOf } from './graph.js';
import { recogniseActivations } from './rules/activations.js';
import { arithmeticBeforeLayout } from './rules/arithmetic-layout.js';
import { cutBeforeTranspose } from './rules/before-transpose.js';
import { constantPartsAsSums } from './rules/constant-parts.js';
import { foldConstants } from './rules/constants.js';
import { foldIntoLinear } from './rules/fold-linear.js';
import { dropIdentities } from './rules/identities.js';
import { recogniseLayerNorm } from './rules/layer-norm.js';
import { mergeLayout } from './rules/layout.js';
import { mergePadding, padAfterTranspose } from './rules/padding.js';
import type { Rewrite, Rule, View } from './rules/rule.js';

const rules: Rule[] = [
  foldConstants,
  dropIdentities,
  mergeLayout,
  cutBeforeTranspose,
  constantPartsAsSums,
  padAfterTranspose,
  mergePadding,
  foldIntoLinear,
  arithmeticBeforeLayout,
  recogniseActivations,
  recogniseLayerNorm,
];

/** Rewrites end when nothing changes; the limit only guards against rules that undo each other. */
const MAX_PASSES = 50;

/**
 * An equivalent graph with fewer nodes: constants folded, batch norm and constant arithmetic folded into the
 * linear layer before them (also from behind its changes of layout), zero padding merged into its window (also from before a transpose), transposes joined, identities and dead nodes
 * dropped. Inputs and outputs keep their names; the given graph is not changed.
 */
export function simplify(graph: Graph): Graph {
  let current = prune(graph);
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const next = new Rewriter(current).run();
    if (next === undefined) return current;
    current = prune(next);
  }
  return current;
}

/** Drops nodes and constants that no output needs; inputs stay. */
export function prune(graph: Graph): Graph {
  const needed = new Set(graph.outputs);
  const nodes: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!needed.has(node.output)) continue;
    for (const input of node.inputs) needed.add(input);
    nodes.push(node);
  }
  nodes.reverse();
  const constants = new Map([...graph.constants].filter(([name]) => needed.has(name)));
  const kept = new Set([...graph.inputs, ...needed]);
  const shapes = new Map([...graph.shapes].filter(([name]) => kept.has(name)));
  return { inputs: [...graph.inputs], outputs: [...graph.outputs], nodes, constants, shapes };
}

/** One pass over the nodes, in order. */
class Rewriter implements View {
  readonly #graph: Graph;
  readonly #nodes: Node[] = [];
  readonly #producers = new Map<string, Node>();
  readonly #constants: Map<string, Tensor>;
  readonly #shapes: Map<string, readonly number[]>;
  readonly #uses = new Map<string, number>();
  readonly #same = new Map<string, string>();
  #changed = false;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#constants = new Map(graph.constants);
    this.#shapes = new Map(graph.shapes);
    for (const node of graph.nodes) for (const input of node.inputs) this.#use(input, 1);
    // Outputs are read by the caller, and never "used once" by a node.
    for (const output of graph.outputs) this.#use(output, 2);
  }

  /** The rewritten graph, or undefined when no rule applied. */
  run(): Graph | undefined {
    for (const original of this.#graph.nodes) {
      const inputs = original.inputs.map((input) => this.#same.get(input) ?? input);
      const node = { ...original, inputs };
      const rewrite = this.#firstRewrite(node);
      if (rewrite === undefined || !this.#apply(node, rewrite)) this.#keep(node);
    }
    if (!this.#changed) return undefined;
    const { inputs, outputs } = this.#graph;
    return { inputs, outputs, nodes: this.#nodes, constants: this.#constants, shapes: this.#shapes };
  }

  shape(value: string): readonly number[] {
    return this.#shapes.get(value) ?? shapeOf(this.#graph, value);
  }

  constant(value: string): Tensor | undefined {
    return this.#constants.get(value);
  }

  producer(value: string): Node | undefined {
    return this.#producers.get(value);
  }

  usedOnce(value: string): boolean {
    return this.#uses.get(value) === 1;
  }

  isInput(value: string): boolean {
    return this.#graph.inputs.includes(value);
  }

  addConstant(hint: string, tensor: Tensor): string {
    const name = this.#newValue(hint, tensor.shape);
    this.#constants.set(name, tensor);
    return name;
  }

  addNode(hint: string, operation: Operation, inputs: string[], shape: readonly number[]): string {
    const output = this.#newValue(hint, shape);
    for (const input of inputs) this.#use(input, 1);
    this.#keep({ ...operation, name: output, inputs, output });
    return output;
  }

  #newValue(hint: string, shape: readonly number[]): string {
    let name = hint;
    for (let number = 1; this.#shapes.has(name); number++) name = `${hint}:${number}`;
    this.#shapes.set(name, [...shape]);
    return name;
  }

  #firstRewrite(node: Node): Rewrite | undefined {
    for (const rule of rules) {
      const rewrite = rule(node, this);
      if (rewrite !== undefined) return rewrite;
    }
    return undefined;
  }

  #apply(node: Node, rewrite: Rewrite): boolean {
    if ('same' in rewrite) return this.#substitute(node, rewrite.same);
    this.#changed = true;
    if ('constant' in rewrite) {
      this.#constants.set(node.output, rewrite.constant);
    } else {
      for (const input of rewrite.inputs) this.#use(input, 1);
      for (const input of node.inputs) this.#use(input, -1);
      this.#keep({ ...rewrite.operation, name: node.name, inputs: rewrite.inputs, output: node.output });
    }
    return true;
  }

  /** Lets readers of the node's output read `value` instead. An output of the graph keeps its own name. */
  #substitute(node: Node, value: string): boolean {
    const { output } = node;
    if (!sameShape(this.shape(output), this.shape(value))) return false;
    if (!this.#graph.outputs.includes(output)) {
      this.#same.set(output, value);
      this.#use(value, (this.#uses.get(output) ?? 0) - 1);
      this.#changed = true;
      return true;
    }
    const producer = this.#producers.get(value);
    if (producer === undefined || !this.usedOnce(value)) {
      if (node.op === 'identity') return false;
      this.#changed = true;
      this.#keep({ op: 'identity', name: node.name, inputs: [value], output });
      return true;
    }
    this.#producers.delete(value);
    producer.output = output;
    this.#producers.set(output, producer);
    this.#changed = true;
    return true;
  }

  #keep(node: Node): void {
    this.#nodes.push(node);
    this.#producers.set(node.output, node);
  }

  #use(value: string, times: number): void {
    this.#uses.set(value, (this.#uses.get(value) ?? 0) + times);
  }
}
