import { sizeOf, type Tensor } from '../tensor.js';
import type { Graph, Node, Operation } from './graph.js';
import { shapeOf } from './graph.js';
import { hoistActivation, unaryActivations } from './hoist-activation.js';
import { attributesOf, sameValues } from './same-values.js';
import type { Branch } from './split.js';
import { readersOf } from './subgraph.js';

type Convolution = Extract<Node, { op: 'conv' }>;

/** A kernel over paddings or dilations that are far apart is nearly all zeros, and fills the memory: 256 MiB. */
const MOST_WEIGHTS = 2 ** 26;

/** A layer in its graph, and whose channels it has where it stands for several convolutions. */
export interface LayerInGraph {
  graph: Graph;
  layer: Node;
  branches?: Branch[];
}

/**
 * Layers side by side, which read the same value, as one: dense layers by putting their columns together; convolutions by one with
 * a kernel that covers all of theirs, and zeros where a branch has no tap. Behind it a slice per branch gives each one's
 * channels and positions. An activation that follows every branch is computed once, before the slices.
 *
 * @param layers convolutions and dense layers with constant weights, in the graph's order
 * @param prepared the values before them
 * @returns the same network with one layer, or why the layers cannot be one
 */
export function mergeParallelLayers(
  graph: Graph,
  layers: readonly Node[],
  prepared: ReadonlySet<string>,
): LayerInGraph | { apart: string } {
  const same = sameValues(graph, prepared);
  const [first, ...others] = layers;
  const read = ({ inputs: [x] }: Node) => same.get(x) ?? x;
  for (const other of others) {
    const between = `'${first.name}' and '${other.name}'`;
    if (other.op !== first.op)
      return { apart: `'${first.name}' is of the kind ${first.op}, '${other.name}' of the kind ${other.op}` };
    if (read(other) !== read(first))
      return {
        apart: `'${first.name}' reads '${first.inputs[0]}', '${other.name}' reads '${other.inputs[0]}'`,
      };
    if (first.op !== 'conv' || other.op !== 'conv') continue;
    if (other.strides.join() !== first.strides.join())
      return { apart: `the strides of ${between} differ: [${first.strides}] and [${other.strides}]` };
    if (other.groups > 1 || first.groups > 1)
      return { apart: `${between} have ${first.groups} and ${other.groups} groups; one each is expected` };
  }
  if (layers.every((layer) => layer.op === 'conv')) {
    const weights = layers.map((layer) => shapeOf(graph, layer.inputs[1]));
    const kernel = alignedAxes(graph, layers).map((axis) => axis.kernel);
    const channels = weights.reduce((sum, [own]) => sum + own, 0);
    if (channels * weights[0][1] * sizeOf(kernel) > MOST_WEIGHTS)
      return {
        apart: `a kernel that covers all of theirs has [${kernel}] taps for ${channels} channels, more than ${MOST_WEIGHTS} weights`,
      };
  }
  return mergeBranches(graph, layers);
}

function mergeBranches(graph: Graph, given: readonly Node[]): LayerInGraph {
  const activated = withOneActivation(graph, given);
  const axis = given[0].op === 'conv' ? 1 : shapeOf(graph, given[0].output).length - 1;
  const concat = joinOf(activated.graph, activated.ends, axis);
  // In the order of the concatenation that puts them together again it has nothing left to do.
  const order = concat?.inputs.map((input) => activated.ends.indexOf(input)) ?? [...given.keys()];
  const layers = order.map((at) => given[at]);
  const ends = order.map((at) => activated.ends[at]);
  const { activation } = activated;

  const name = given.map((layer) => layer.name).join(' + ');
  const whole = concat?.output ?? `${given[0].output}.whole`;
  const [x] = given[0].inputs;
  const output = activation === undefined ? whole : `${given[0].output}.linear`;
  const { layer, constants, shape, branches } = layers.every((node) => node.op === 'conv')
    ? joinConvolutions(activated.graph, layers, { name, output, x })
    : joinDense(activated.graph, layers, { name, output, x });
  const added = [layer];
  if (activation !== undefined) added.push({ ...activation, inputs: [output], output: whole });
  if (concat === undefined) added.push(...slices(activated.graph, ends, whole, axis, layer));

  const gone = new Set<Node | undefined>([...given, ...activated.activations, concat]);
  const nodes = activated.graph.nodes.flatMap((node) =>
    node === given[0] ? added : gone.has(node) ? [] : [node],
  );
  const shapes = new Map([...activated.graph.shapes, [output, shape], [whole, shape]]);
  for (const [constant, tensor] of constants) shapes.set(constant, tensor.shape);
  return {
    graph: {
      ...activated.graph,
      nodes,
      constants: new Map([...activated.graph.constants, ...constants]),
      shapes,
    },
    layer,
    branches,
  };
}

/** The graph with the activation directly behind each layer, where all have the same; and the values that the branches end in. */
function withOneActivation(
  graph: Graph,
  layers: readonly Node[],
): { graph: Graph; activation?: Node; activations: Node[]; ends: string[] } {
  const hoisted = layers.reduce(hoistActivation, graph);
  const activations = layers.flatMap(({ output }) => {
    const [reader, ...others] = readersOf(hoisted, output);
    const alone = reader !== undefined && others.length === 0 && !hoisted.outputs.includes(output);
    return alone && unaryActivations.has(reader.op) && !hoisted.outputs.includes(reader.output)
      ? [reader]
      : [];
  });
  const kinds = new Set(activations.map(attributesOf));
  if (activations.length < layers.length || kinds.size > 1)
    return { graph, activations: [], ends: layers.map(({ output }) => output) };
  const ends = activations.map(({ output }) => output);
  return { graph: hoisted, activation: activations[0], activations, ends };
}

/** The concatenation of channels that alone reads some values, and nothing else. */
function joinOf(graph: Graph, values: readonly string[], axis: number): Node | undefined {
  const readers = new Set(values.flatMap((value) => readersOf(graph, value)));
  const [concat, ...others] = readers;
  const joins =
    concat?.op === 'concat' &&
    others.length === 0 &&
    concat.axis === axis &&
    concat.inputs.length === values.length &&
    values.every((value) => concat.inputs.includes(value) && !graph.outputs.includes(value));
  return joins ? concat : undefined;
}

interface JoinedLayer {
  layer: Node;
  constants: Map<string, Tensor>;
  /** Of its output. */
  shape: number[];
  branches?: Branch[];
}

/** What the joined layer is called and reads. */
type Label = Pick<Node, 'name' | 'output'> & { x: string };

/** Along one spatial axis: the whole kernel, and where the taps of each convolution lie in it. */
interface AlignedAxis {
  branches: Branch['taps'];
  kernel: number;
  dilation: number;
  outputs: number;
  /** Padding. */
  begin: number;
  end: number;
}

/**
 * Tap t of a branch with padding p and dilation d reads what tap (P − p + t·d) / D of the whole does, with P the largest padding and
 * D the greatest common divisor of all dilations and differences of paddings.
 */
function alignedAxes(graph: Graph, layers: readonly Convolution[]): AlignedAxis[] {
  const [{ inputs, strides }] = layers;
  const [, , ...size] = shapeOf(graph, inputs[0]);
  return size.map((positions, axis) => {
    const taps = layers.map((layer) => shapeOf(graph, layer.inputs[1])[axis + 2]);
    const begin = Math.max(...layers.map(({ pads }) => pads[axis]));
    const step = layers
      .flatMap(({ pads, dilations }, at) => [begin - pads[axis], taps[at] > 1 ? dilations[axis] : 0])
      .reduce(greatestDivisor, 0);
    const dilation = step || 1;
    const branches = layers.map(({ pads, dilations }, at) => ({
      begin: (begin - pads[axis]) / dilation,
      count: taps[at],
      step: taps[at] > 1 ? dilations[axis] / dilation : 1,
    }));
    const kernel = Math.max(...branches.map((own) => own.begin + (own.count - 1) * own.step + 1));
    const outputs = Math.max(...layers.map(({ output }) => shapeOf(graph, output)[axis + 2]));
    const reach = (outputs - 1) * strides[axis] + (kernel - 1) * dilation + 1;
    return { branches, kernel, dilation, outputs, begin, end: Math.max(0, reach - positions - begin) };
  });
}

/** One convolution for all. */
function joinConvolutions(graph: Graph, layers: readonly Convolution[], { x, ...label }: Label): JoinedLayer {
  const [{ strides }] = layers;
  const weights = layers.map((layer) => graph.constants.get(layer.inputs[1])!);
  const shapes = layers.map(({ output }) => shapeOf(graph, output));
  const axes = alignedAxes(graph, layers);
  const branches = weights.map(({ shape }, at) => ({
    channels: shape[0],
    taps: axes.map((axis) => axis.branches[at]),
    outputs: shapes[at].slice(2),
  }));
  const channels = branches.reduce((sum, branch) => sum + branch.channels, 0);
  const kernel = axes.map((axis) => axis.kernel);
  const joined = wideWeights(weights, branches, [channels, weights[0].shape[1], ...kernel]);
  const [kernelName, biasName] = [`${label.output}.kernel`, `${label.output}.bias`];
  return {
    layer: {
      op: 'conv',
      strides,
      pads: [...axes.map(({ begin }) => begin), ...axes.map(({ end }) => end)],
      dilations: axes.map(({ dilation }) => dilation),
      groups: 1,
      ...label,
      inputs: [x, kernelName, biasName],
    },
    constants: new Map([
      [kernelName, joined],
      [
        biasName,
        joinedBiases(
          graph,
          layers,
          branches.map((branch) => branch.channels),
        ),
      ],
    ]),
    shape: [shapes[0][0], channels, ...axes.map(({ outputs }) => outputs)],
    branches,
  };
}

/** The branches' weights at their taps, zeros elsewhere. */
function wideWeights(weights: readonly Tensor[], branches: readonly Branch[], shape: number[]): Tensor {
  const data = new Float32Array(sizeOf(shape));
  const [, , ...kernel] = shape;
  const width = kernel.at(-1)!;
  let plane = 0;
  weights.forEach((own, at) => {
    const { taps } = branches[at];
    const across = taps.at(-1)!;
    const down = taps.length === 2 ? taps[0] : { begin: 0, count: 1, step: 1 };
    for (let from = 0; from < own.data.length; plane++)
      for (let row = 0; row < down.count; row++)
        for (let column = 0; column < across.count; column++) {
          const to = (down.begin + row * down.step) * width + across.begin + column * across.step;
          data[plane * sizeOf(kernel) + to] = own.data[from++];
        }
  });
  return { data, shape };
}

function joinDense(graph: Graph, layers: readonly Node[], { x, ...label }: Label): JoinedLayer {
  const weights = layers.map((layer) => graph.constants.get(layer.inputs[1])!);
  const widths = weights.map(({ shape }) => shape[1]);
  const [rows] = weights[0].shape;
  const columns = widths.reduce((sum, width) => sum + width, 0);
  const data = new Float32Array(rows * columns);
  let begin = 0;
  for (const own of weights) {
    const [, width] = own.shape;
    for (let row = 0; row < rows; row++)
      data.set(own.data.subarray(row * width, (row + 1) * width), row * columns + begin);
    begin += width;
  }
  const [kernelName, biasName] = [`${label.output}.kernel`, `${label.output}.bias`];
  return {
    layer: { op: 'dense', ...label, inputs: [x, kernelName, biasName] },
    constants: new Map([
      [kernelName, { data, shape: [rows, columns] }],
      [biasName, joinedBiases(graph, layers, widths)],
    ]),
    shape: [...shapeOf(graph, layers[0].output).slice(0, -1), columns],
  };
}

function joinedBiases(graph: Graph, layers: readonly Node[], widths: readonly number[]): Tensor {
  const data = layers.flatMap(({ inputs }, at) => {
    const bias = inputs[2] === undefined ? undefined : graph.constants.get(inputs[2]);
    return bias ? [...bias.data] : Array<number>(widths[at]).fill(0);
  });
  return { data: Float32Array.from(data), shape: [data.length] };
}

/** Each branch's part of the whole, under the branch's own name. */
function slices(graph: Graph, ends: readonly string[], whole: string, axis: number, layer: Node): Node[] {
  let begin = 0;
  return ends.map((output) => {
    const own = shapeOf(graph, output);
    const starts = own.map((_, at) => (at === axis ? begin : 0));
    begin += own[axis];
    const slice: Operation = {
      op: 'slice',
      starts,
      ends: own.map((size, at) => starts[at] + size),
      steps: own.map(() => 1),
    };
    return { ...slice, name: layer.name, inputs: [whole], output };
  });
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
