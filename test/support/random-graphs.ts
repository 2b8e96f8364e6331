import type { Graph, Operation } from '../../dist/graph/graph.js';
import { sizeOf, type Tensor } from '../../dist/tensor.js';
import { GraphBuilder } from './graph-builder.js';
import { Random } from './random.js';

export interface RandomGraph {
  /** Instantiated at batch size 1; its output is [1, classes]. */
  graph: Graph;
  /** One tensor; axis 0 holds 1, 2 or 3 samples. */
  inputs: Tensor[];
  /** Where to take gradients: the input, or the embedded words where the input is a list of word indices. */
  at: string;
  /** One class a sample. */
  targets: number[];
}

/**
 * A small network of 3 to 9 random operations, drawn from all of `graph.ts`, with a class output. Equal seeds
 * give equal graphs. Weights are scaled so that values stay near 1; divisors stay away from 0.
 */
export function randomGraph(seed: number, of: readonly Growth[] = commonGrowths): RandomGraph {
  const random = new Random(seed);
  const builder = new GraphBuilder();
  const samples = random.pick([1, 1, 2, 3]);
  const { input, at } = chooseInput(random, builder, samples);
  const history = [at];
  const steps = random.integer(3, 9);
  for (let done = 0, tries = 0; done < steps && tries < 60; tries++) {
    const next = random.pick(of)(random, builder, history.at(-1)!, history);
    if (next === null) continue;
    history.push(next);
    done++;
  }
  const output = classesFrom(random, builder, history.at(-1)!);
  const graph = builder.build(output);
  const classes = builder.shape(output)[1];
  return {
    graph,
    inputs: [input],
    at,
    targets: Array.from({ length: samples }, () => random.integer(0, classes - 1)),
  };
}

export type Growth = (
  random: Random,
  builder: GraphBuilder,
  x: string,
  history: readonly string[],
) => string | null;

const largest = 4000;

function chooseInput(random: Random, builder: GraphBuilder, samples: number): { input: Tensor; at: string } {
  const channels = random.integer(1, 8);
  if (random.chance(0.1)) {
    const words = random.integer(6, 14);
    const indices = builder.input([1, words]);
    const table = builder.constant(random.tensor([20, channels]));
    const embedded = builder.node({ op: 'gather', axis: 0 }, table, indices);
    const input = { shape: [samples, words], data: new Float32Array(samples * words) };
    input.data.forEach((_, i) => (input.data[i] = random.integer(0, 19)));
    return { input, at: builder.node({ op: 'transpose', perm: [0, 2, 1] }, embedded) };
  }
  const spatial = random.chance(0.25)
    ? [random.integer(6, 20)]
    : [random.integer(4, 12), random.integer(4, 12)];
  const at = builder.input([1, channels, ...spatial]);
  return { input: random.tensor([samples, channels, ...spatial]), at };
}

function classesFrom(random: Random, builder: GraphBuilder, x: string): string {
  const shape = builder.shape(x);
  const flat = builder.node({ op: 'reshape', shape: [1, sizeOf(shape)] }, x);
  const classes = random.integer(2, 5);
  const weights = builder.constant(random.tensor([sizeOf(shape), classes], sizeOf(shape) ** -0.5));
  const operands = random.chance(0.5) ? [weights, builder.constant(random.tensor([classes]))] : [weights];
  const logits = builder.node({ op: 'dense' }, flat, ...operands);
  return random.chance(0.7) ? builder.node({ op: 'softmax', axis: 1 }, logits) : logits;
}

/** Spatial axes of a feature map; 0 for anything else. */
function planeRank(shape: readonly number[]): number {
  return shape.length === 3 || shape.length === 4 ? shape.length - 2 : 0;
}

export function each(count: number, value: (i: number) => number): number[] {
  return Array.from({ length: count }, (_, i) => value(i));
}

const conv: Growth = (random, builder, x) => {
  const shape = builder.shape(x);
  const rank = planeRank(shape);
  if (rank === 0) return null;
  const kernel = each(rank, (i) => random.integer(1, Math.min(4, shape[i + 2])));
  const dilations = each(rank, (i) => (2 * (kernel[i] - 1) < shape[i + 2] ? random.pick([1, 1, 2]) : 1));
  const groups = random.pick([1, 2, 3, shape[1]].filter((count) => shape[1] % count === 0));
  const outputs = groups * random.integer(1, Math.max(1, Math.floor(8 / groups)));
  const fan = (shape[1] / groups) * sizeOf(kernel);
  const weights = builder.constant(random.tensor([outputs, shape[1] / groups, ...kernel], fan ** -0.5));
  const bias = random.chance(0.7) ? [builder.constant(random.tensor([outputs], 0.3))] : [];
  const operation: Operation = {
    op: 'conv',
    strides: each(rank, () => random.pick([1, 1, 2, 3])),
    pads: each(2 * rank, () => random.integer(0, 2)),
    dilations,
    groups,
  };
  return builder.node(operation, x, weights, ...bias);
};

const pool: Growth = (random, builder, x) => {
  const shape = builder.shape(x);
  const rank = planeRank(shape);
  if (rank === 0) return null;
  const kernel = each(rank, (i) => random.integer(1, Math.min(3, shape[i + 2])));
  const window = {
    kernel,
    strides: each(rank, () => random.integer(1, 3)),
    // Less than the kernel, so that no window lies in the padding alone.
    pads: each(2 * rank, (i) => random.integer(0, kernel[i % rank] - 1)),
    dilations: each(rank, (i) => (2 * (kernel[i] - 1) < shape[i + 2] ? random.pick([1, 1, 2]) : 1)),
    ceil: random.chance(0.4),
  };
  const operation: Operation = random.chance(0.5)
    ? { op: 'maxPool', ...window }
    : { op: 'averagePool', ...window, countIncludePad: random.chance(0.5) };
  return builder.node(operation, x);
};

const globalPool: Growth = (random, builder, x) => {
  const rank = planeRank(builder.shape(x));
  if (rank === 0) return null;
  const pooled = random.chance(0.5)
    ? builder.node({ op: 'globalMaxPool' }, x)
    : builder.node({ op: 'reduceMean', axes: each(rank, (i) => i + 2), keepDims: true }, x);
  // A gate, as in squeeze-and-excitation: the pooled value multiplies the whole map.
  return builder.node({ op: random.pick(['add', 'mul', 'sub']) }, x, builder.node({ op: 'sigmoid' }, pooled));
};

const reduce: Growth = (random, builder, x) => {
  const shape = builder.shape(x);
  if (shape.length < 3) return null;
  const axis = random.integer(1, shape.length - 1);
  if (shape[axis] === 1) return null;
  const mean = builder.node({ op: 'reduceMean', axes: [axis], keepDims: true }, x);
  return random.chance(0.5) ? builder.node({ op: 'sub' }, x, mean) : mean;
};

const unary: Growth = (random, builder, x) => {
  const operation = random.pick<Operation>([
    { op: 'relu' },
    { op: 'sigmoid' },
    { op: 'tanh' },
    { op: 'softplus' },
    { op: 'hardSwish' },
    { op: 'identity' },
    { op: 'clip', min: 0, max: 6 },
    { op: 'clip', min: random.real(-2, -0.5), max: random.real(0.5, 2) },
    { op: 'leakyRelu', alpha: random.real(0.01, 0.5) },
    { op: 'elu', alpha: random.real(0.5, 1.5) },
    { op: 'selu', alpha: 1.67326, gamma: 1.0507 },
    { op: 'hardSigmoid', alpha: random.real(0.1, 0.4), beta: random.real(0.3, 0.7) },
    { op: 'swish', alpha: random.real(0.5, 2) },
  ]);
  return builder.node(operation, x);
};

const channelwise: Growth = (random, builder, x) => {
  const shape = builder.shape(x);
  const perChannel = [shape[1], ...each(shape.length - 2, () => 1)];
  if (random.chance(0.5)) {
    const slope = builder.constant(random.uniform(random.pick([perChannel, [1]]), -0.2, 0.6));
    return builder.node({ op: 'prelu' }, x, slope);
  }
  const scale = builder.constant(random.uniform([shape[1]], -1.5, 1.5));
  return builder.node({ op: 'affine' }, x, scale, builder.constant(random.tensor([shape[1]], 0.5)));
};

const withConstant: Growth = (random, builder, x) => {
  const shape = builder.shape(x);
  const constantShape = random.pick([
    [],
    [1],
    [shape[1], ...each(shape.length - 2, () => 1)],
    [1, ...shape.slice(1)],
    shape.slice(-1),
  ]);
  const constant = builder.constant(random.uniform(constantShape, 0.5, 2));
  const op = random.pick(['add', 'sub', 'mul', 'div'] as const);
  return random.chance(0.3) && op !== 'div'
    ? builder.node({ op }, constant, x)
    : builder.node({ op }, x, constant);
};

const withEarlier: Growth = (random, builder, x, history) => {
  const shape = builder.shape(x);
  const alike = history.filter((name) => sameShape(builder.shape(name), shape));
  const other = random.pick(alike);
  const op = random.pick(['add', 'sub', 'mul', 'div'] as const);
  if (op === 'sub' && other === x) return null;
  if (op !== 'div') return builder.node({ op }, x, other);
  const positive = builder.node({ op: 'softplus' }, other);
  const divisor = builder.node(
    { op: 'add' },
    positive,
    builder.constant({ data: Float32Array.of(0.5), shape: [] }),
  );
  return builder.node({ op }, x, divisor);
};

const concat: Growth = (random, builder, x, history) => {
  const shape = builder.shape(x);
  const axis = random.integer(1, shape.length - 1);
  const fitting = history.filter((name) => {
    const other = builder.shape(name);
    return other.length === shape.length && other.every((size, i) => i === axis || size === shape[i]);
  });
  const parts = [x, ...each(random.integer(1, 2), () => 0).map(() => random.pick(fitting))];
  const total = parts.reduce((sum, name) => sum + sizeOf(builder.shape(name)), 0);
  return total > largest ? null : builder.node({ op: 'concat', axis }, ...parts);
};

const pad: Growth = (random, builder, x) => {
  const shape = builder.shape(x);
  const mode = random.pick(['constant', 'reflect', 'edge'] as const);
  const pads = each(2 * shape.length, (i) => {
    const size = shape[i % shape.length];
    if (i % shape.length === 0 || random.chance(0.4)) return 0;
    if (mode === 'reflect') return random.integer(0, Math.min(2, size - 1));
    return random.integer(mode === 'constant' && size > 3 ? -1 : 0, 2);
  });
  const grown = sizeOf(shape.map((size, i) => size + pads[i] + pads[i + shape.length]));
  if (grown > largest) return null;
  return builder.node({ op: 'pad', pads, mode, value: mode === 'constant' ? random.pick([0, 0.7]) : 0 }, x);
};

const slice: Growth = (random, builder, x) => {
  const shape = builder.shape(x);
  const steps = shape.map((_, i) => (i === 0 ? 1 : random.pick([1, 1, 2, -1])));
  const lows = shape.map((size, i) => (i === 0 || size < 4 ? 0 : random.integer(0, 1)));
  const highs = shape.map((size, i) => (i === 0 || size < 4 ? size : size - random.integer(0, 1)));
  return builder.node(
    {
      op: 'slice',
      starts: steps.map((step, i) => (step > 0 ? lows[i] : highs[i] - 1)),
      ends: steps.map((step, i) => (step > 0 ? highs[i] : lows[i] - 1)),
      steps,
    },
    x,
  );
};

/** Channels in two groups, interleaved: reshape, transpose, reshape, as ShuffleNet does. */
const shuffle: Growth = (_, builder, x) => {
  const shape = builder.shape(x);
  if (shape.length < 3 || shape[1] % 2 !== 0) return null;
  const split = builder.node({ op: 'reshape', shape: [1, 2, shape[1] / 2, ...shape.slice(2)] }, x);
  const perm = [0, 2, 1, ...each(shape.length - 2, (i) => i + 3)];
  const mixed = builder.node({ op: 'transpose', perm }, split);
  return builder.node({ op: 'reshape', shape: [...shape] }, mixed);
};

const transpose: Growth = (random, builder, x) => {
  const axes = each(builder.shape(x).length - 1, (i) => i + 1);
  const perm = [0];
  while (axes.length > 0) perm.push(axes.splice(random.integer(0, axes.length - 1), 1)[0]);
  return builder.node({ op: 'transpose', perm }, x);
};

const reshape: Growth = (random, builder, x) => {
  const shape = [...builder.shape(x)];
  if (shape.length < 3) return null;
  const axis = random.integer(1, shape.length - 2);
  shape.splice(axis, 2, shape[axis] * shape[axis + 1]);
  if (shape.length === 2) shape.push(1);
  return builder.node({ op: 'reshape', shape }, x);
};

const normalise: Growth = (random, builder, x) => {
  const { length } = builder.shape(x);
  const axis = random.integer(1, length - 1);
  if (random.chance(0.4)) {
    if (builder.shape(x)[axis] === 1) return null;
    return builder.node({ op: random.pick(['softmax', 'logSoftmax']), axis }, x);
  }
  if (length !== 3 && length !== 4) return null;
  const size = random.integer(1, 5);
  return builder.node(
    { op: 'lrn', size, alpha: random.real(0.1, 1), beta: 0.75, bias: random.real(1, 2) },
    x,
  );
};

const gather: Growth = (random, builder, x) => {
  const shape = builder.shape(x);
  const axis = random.integer(1, shape.length - 1);
  const indices = each(random.integer(1, 6), () => random.integer(0, shape[axis] - 1));
  const picked = builder.constant({ data: Float32Array.from(indices), shape: [indices.length] });
  return builder.node({ op: 'gather', axis }, x, picked);
};

const upsample: Growth = (random, builder, x) => {
  const shape = builder.shape(x);
  const rank = planeRank(shape);
  const scales = each(rank, () => random.integer(1, 3));
  return rank === 0 || sizeOf(shape) * sizeOf(scales) > largest
    ? null
    : builder.node({ op: 'upsample', scales }, x);
};

const dense: Growth = (random, builder, x) => {
  const depth = builder.shape(x).at(-1)!;
  const width = random.integer(1, 8);
  const weights = builder.constant(random.tensor([depth, width], depth ** -0.5));
  const bias = random.chance(0.5) ? [builder.constant(random.tensor([width], 0.3))] : [];
  return builder.node({ op: 'dense' }, x, weights, ...bias);
};

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** What a graph grows by; what is listed twice is drawn twice as often. */
export const commonGrowths: readonly Growth[] = [
  ...[conv, conv, conv, pool, pool, unary, unary, unary, channelwise, withConstant, withEarlier],
  ...[
    globalPool,
    reduce,
    concat,
    pad,
    slice,
    shuffle,
    transpose,
    reshape,
    normalise,
    gather,
    upsample,
    dense,
  ],
];
