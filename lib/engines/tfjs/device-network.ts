import { shapeOf, type Graph, type Node, type Operation } from '../../graph/graph.js';
import { sizeOf, type Tensor } from '../../tensor.js';
import { ancestorsOf, descendantsOf } from '../reachability.js';
import { Kernels, type DeviceTensor, type TensorFlow } from './kernels.js';
import { arranged, relaid, type Layout } from './layout.js';
import { preparations } from './preparations.js';
import { Kept, type Form, type Prepare, type Program } from './program.js';

interface Step {
  node: Node;
  program: Program;
}

/**
 * A graph ready to run on one TensorFlow.js back end. Every node depends on the graph's inputs (what does not
 * was folded into constants before). Synchronous; nothing stays on the device between runs but the weights.
 */
export class DeviceNetwork {
  readonly #kernels: Kernels;
  readonly #graph: Graph;
  readonly #steps: Step[];
  /** The layout in which each value is made. */
  readonly #homes = new Map<string, Layout>();
  readonly #constants = new Map<string, Kept>();

  constructor(tf: TensorFlow, graph: Graph) {
    const kernels = new Kernels(tf);
    this.#kernels = kernels;
    this.#graph = graph;
    this.#steps = graph.nodes.map((node) => {
      const program = (preparations[node.op] as Prepare<Operation>)({
        kernels,
        operation: node,
        name: node.name,
        shapes: node.inputs.map((name) => shapeOf(graph, name)),
        shape: shapeOf(graph, node.output),
        homes: node.inputs.map((name) => this.#home(name)),
        constants: node.inputs.map((name) => graph.constants.get(name)),
      });
      this.#homes.set(node.output, program.layout);
      return { node, program };
    });
  }

  forward(inputs: readonly Tensor[], wanted: readonly string[]): Tensor[] {
    const values = new Values(this.#kernels);
    try {
      this.#run(values, inputs, wanted, new Set(wanted));
      return wanted.map((name) => hostCopy(values.in(name, 'plain')));
    } finally {
      values.dispose();
    }
  }

  gradient(inputs: readonly Tensor[], at: string, targets: ArrayLike<number>) {
    const k = this.#kernels;
    const output = this.#graph.outputs[0];
    const path = this.#path(at, output);
    const kept = new Set([output, at]);
    for (const { node, program } of path) {
      if (program.saves.inputs) for (const name of node.inputs) kept.add(name);
      if (program.saves.output) kept.add(node.output);
    }
    const values = new Values(k);
    const gradients = new Map<string, DeviceTensor>();
    try {
      this.#run(values, inputs, [output, at], kept);
      const outputs = hostCopy(values.in(output, 'plain'));
      const { picked, seed } = pick(outputs, targets);
      const start = k.tidy(() => relaid(k, k.tensor(seed, outputs.shape), 'plain', this.#home(output)));
      gradients.set(output, start);
      this.#back(values, gradients, path, descendantsOf(this.#graph, at));
      const found = gradients.get(at);
      if (found === undefined) {
        const { shape } = values.in(at, 'plain');
        return { values: picked, gradients: { data: new Float32Array(sizeOf(shape)), shape: [...shape] } };
      }
      const plain = k.tidy(() => relaid(k, found, this.#home(at), 'plain'));
      gradients.set('', plain);
      return { values: picked, gradients: hostCopy(plain) };
    } finally {
      values.dispose();
      for (const gradient of gradients.values()) gradient.dispose();
    }
  }

  dispose(): void {
    for (const { program } of this.#steps) program.dispose?.();
    for (const constant of this.#constants.values()) constant.dispose();
  }

  /** The steps a gradient passes from the output back to `at`. */
  #path(at: string, output: string): Step[] {
    const moving = descendantsOf(this.#graph, at);
    const used = ancestorsOf(this.#graph, [output]);
    return this.#steps.filter(
      ({ node }) => node.output !== at && moving.has(node.output) && used.has(node.output),
    );
  }

  #home(name: string): Layout {
    return this.#homes.get(name) ?? 'plain';
  }

  /** Runs what `wanted` depends on; a value outside `kept` is freed after its last use. */
  #run(
    values: Values,
    inputs: readonly Tensor[],
    wanted: readonly string[],
    kept: ReadonlySet<string>,
  ): void {
    const k = this.#kernels;
    this.#graph.inputs.forEach((name, i) => {
      values.put(name, 'plain', k.tensor(inputs[i].data, inputs[i].shape));
    });
    const needed = ancestorsOf(this.#graph, wanted);
    const steps = this.#steps.filter(({ node }) => needed.has(node.output));
    const uses = new Map<string, number>();
    for (const { node } of steps) {
      for (const name of node.inputs) uses.set(name, (uses.get(name) ?? 0) + 1);
    }
    for (const { node, program } of steps) {
      const operands = node.inputs.map((name, i) => this.#operand(values, name, program.forms[i]));
      values.put(
        node.output,
        program.layout,
        k.tidy(() => program.forward(operands)),
      );
      for (const name of node.inputs) {
        uses.set(name, uses.get(name)! - 1);
        if (uses.get(name) === 0 && !kept.has(name)) values.release(name);
      }
    }
  }

  #back(
    values: Values,
    gradients: Map<string, DeviceTensor>,
    path: readonly Step[],
    moving: ReadonlySet<string>,
  ): void {
    const k = this.#kernels;
    for (const { node, program } of path.toReversed()) {
      const gradient = gradients.get(node.output);
      if (gradient === undefined) continue;
      const inputs = node.inputs.map((name, i) => this.#operand(values, name, program.forms[i]));
      const output = values.made(node.output, program.layout);
      const wanted = node.inputs.map((name) => moving.has(name));
      const parts = k.tidy(() => {
        const own = program.backward({ inputs, output, gradient, wanted });
        return node.inputs.map((name, i) =>
          wanted[i] && own[i] ? relaid(k, own[i], program.forms[i]!.layout, this.#home(name)) : undefined,
        );
      });
      gradients.delete(node.output);
      gradient.dispose();
      node.inputs.forEach((name, i) => {
        const part = parts[i];
        if (part === undefined) return;
        const sum = gradients.get(name);
        gradients.set(name, sum === undefined ? part : k.tidy(() => k.add(sum, part)));
        if (sum === undefined) return;
        sum.dispose();
        part.dispose();
      });
    }
  }

  /** The tensor of an operand in the form its operation takes it. */
  #operand(values: Values, name: string, form: Form | null): DeviceTensor {
    // Never read: the operation keeps what it needs of this operand itself.
    if (form === null) return undefined as unknown as DeviceTensor;
    const constant = this.#graph.constants.get(name);
    return constant ? this.#constant(name, constant, form) : values.in(name, form.layout);
  }

  #constant(name: string, { data, shape }: Tensor, { layout, rank = shape.length }: Form): DeviceTensor {
    const key = `${layout} ${rank} ${name}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known.value;
    const k = this.#kernels;
    const whole = [...new Array<number>(rank - shape.length).fill(1), ...shape];
    // As batch 1, channels, plane: `arranged` gives the channels-last shape to broadcast with.
    const made = new Kept(k, () => {
      const plain = k.tensor(data, whole);
      return layout === 'plain'
        ? plain
        : k.reshape(relaid(k, plain, 'plain', 'last'), arranged('last', whole));
    });
    this.#constants.set(key, made);
    return k.tidy(() => [made.value])[0];
  }
}

/** The values of one run in the layouts they were asked for. */
class Values {
  readonly #kernels: Kernels;
  readonly #tensors = new Map<string, Map<Layout, DeviceTensor>>();

  constructor(kernels: Kernels) {
    this.#kernels = kernels;
  }

  put(name: string, layout: Layout, tensor: DeviceTensor): void {
    this.#tensors.set(name, new Map([[layout, tensor]]));
  }

  /** The value in a layout; rearranged once, when first asked for. */
  in(name: string, layout: Layout): DeviceTensor {
    const layouts = this.#tensors.get(name)!;
    const there = layouts.get(layout);
    if (there !== undefined) return there;
    const [[from, tensor]] = layouts;
    const made = this.#kernels.tidy(() => relaid(this.#kernels, tensor, from, layout));
    layouts.set(layout, made);
    return made;
  }

  /** The value as it was made; when it was released only its shape can be read. */
  made(name: string, layout: Layout): DeviceTensor {
    return this.#tensors.get(name)!.get(layout)!;
  }

  release(name: string): void {
    for (const tensor of this.#tensors.get(name)?.values() ?? []) tensor.dispose();
  }

  dispose(): void {
    for (const name of this.#tensors.keys()) this.release(name);
  }
}

/** output[target] of every sample, and the gradient of their sum: 1 at each target. */
function pick({ data, shape }: Tensor, targets: ArrayLike<number>) {
  const classes = data.length / shape[0];
  const picked = new Float64Array(targets.length);
  const seed = new Float32Array(data.length);
  for (let n = 0; n < targets.length; n++) {
    picked[n] = data[n * classes + targets[n]];
    seed[n * classes + targets[n]] = 1;
  }
  return { picked, seed };
}

function hostCopy(tensor: DeviceTensor): Tensor {
  return { data: tensor.dataSync() as Float32Array, shape: [...tensor.shape] };
}
