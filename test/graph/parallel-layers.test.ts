import test from 'ava';
import { referenceEngine } from '../../dist/engines/reference/engine.js';
import type { SmugError } from '../../dist/errors.js';
import { explainedNetwork, networkFromFirstLayer } from '../../dist/graph/explained-network.js';
import type { Graph, Operation } from '../../dist/graph/graph.js';
import { checkGraph } from '../../dist/graph/infer.js';
import type { FirstLayer, SplitNetwork } from '../../dist/graph/split.js';
import { splitNetwork } from '../../dist/graph/split-network.js';
import { cellGrid, inputGeometry } from '../../dist/masks/cells.js';
import { encodeMaskProblem } from '../../dist/masks/encode.js';
import { nodeCount, withoutUnread } from '../../dist/masks/branch-nodes.js';
import { ReceptiveFields } from '../../dist/masks/receptive-field.js';
import { sizeOf, type Tensor } from '../../dist/tensor.js';
import { Random } from '../support/random.js';
import { distance, run, Sketch } from './networks.js';

// Sums over the same numbers run in another order.
const ROUNDING = 1e-5;

interface BranchPlan {
  filters: number;
  kernel: number[];
  pads: number[];
  dilations: number[];
  activation: Operation | null;
  /** The branch writes its own turn of a channels-last value, and its own turn back before the activation. */
  turned: boolean;
}

interface Plan {
  seed: number;
  size: number[];
  strides: number[];
  branches: BranchPlan[];
  /** How branches come together: their channels, with batch norm and ReLU behind; their maxima; all their values. */
  end: 'channels' | 'maxima' | 'values';
}

function randomPlan(seed: number): Plan {
  const random = new Random(seed);
  const axes = random.integer(1, 2);
  const size = Array.from({ length: axes }, () => random.integer(7, 12));
  const strides = size.map(() => random.integer(1, 3));
  const shared: Operation = random.pick<Operation>([
    { op: 'relu' },
    { op: 'leakyRelu', alpha: 0.1 },
    { op: 'tanh' },
  ]);
  const mode = random.pick(['same', 'same', 'different', 'none']);
  const end = random.pick(['channels', 'maxima', 'values'] as const);
  const turned = random.chance(0.3);
  const branches = Array.from({ length: random.integer(2, 4) }, (_, at): BranchPlan => {
    const kernel = size.map(() => random.integer(1, 4));
    const dilations = size.map(() => random.integer(1, 2));
    const own = mode === 'different' && at === 0 ? ({ op: 'sigmoid' } as const) : shared;
    // With as much padding as the kernel reaches, branches are of one size.
    const reach = kernel.map((taps, axis) => (taps - 1) * dilations[axis]);
    const begin = reach.map((most) => (end === 'channels' ? Math.floor(most / 2) : random.integer(0, most)));
    const last = reach.map((most, axis) =>
      end === 'channels' ? most - begin[axis] : random.integer(0, most),
    );
    return {
      filters: random.integer(1, 3),
      kernel,
      pads: [...begin, ...last],
      dilations,
      activation: mode === 'none' ? null : own,
      turned,
    };
  });
  return { seed, size, strides, branches, end };
}

/** One graph with the branches `which`, ending in class scores; the weights of a branch are the same whichever others there are. */
function graphOf({ seed, size, strides, branches, end }: Plan, which = [...branches.keys()]): Graph {
  const channels = 2;
  const { turned } = branches[0];
  const sketch = new Sketch(turned ? [1, ...size, channels] : [1, channels, ...size], seed);
  const toFirst = [0, size.length + 1, ...size.map((_, axis) => axis + 1)];
  const toLast = [0, ...size.map((_, axis) => axis + 2), 1];
  const ends = which.map((at) => {
    const { filters, kernel, pads, dilations, activation } = branches[at];
    const random = new Random(seed * 10 + at);
    const weights = sketch.constant('w', random.tensor([filters, channels, ...kernel]));
    const bias = random.chance(0.7) ? [sketch.constant('b', random.tensor([filters]))] : [];
    const x = turned ? sketch.add({ op: 'transpose', perm: toFirst }, ['x'], 'turn') : 'x';
    let value = sketch.add(
      { op: 'conv', strides, pads, dilations, groups: 1 },
      [x, weights, ...bias],
      `branch${at}`,
    );
    if (turned) value = sketch.add({ op: 'transpose', perm: toLast }, [value], 'back');
    if (activation) value = sketch.add(activation, [value], 'act');
    if (turned && end !== 'values') value = sketch.add({ op: 'transpose', perm: toFirst }, [value], 'again');
    return value;
  });
  let joined: string;
  if (end === 'channels') {
    const concat = sketch.add({ op: 'concat', axis: 1 }, [...ends].reverse(), 'concat');
    const count = sketch.shape(concat)[1];
    const norm = sketch.add({ op: 'affine' }, [concat, sketch.weights(count), sketch.weights(count)], 'bn');
    joined = sketch.flatten(sketch.add({ op: 'relu' }, [norm], 'relu'));
  } else {
    const parts = ends.map((value) =>
      sketch.flatten(end === 'maxima' ? sketch.add({ op: 'globalMaxPool' }, [value], 'pool') : value),
    );
    joined = sketch.add({ op: 'concat', axis: 1 }, parts, 'concat');
  }
  return sketch.end(sketch.dense(joined, 3));
}

function inputOf(graph: Graph, seed: number): Tensor {
  return new Random(seed + 1000).tensor(graph.shapes.get('x')!);
}

type Convolution = Extract<FirstLayer, { kind: 'conv' }>;

/** The nodes of each branch, in order, as indices into the whole layer; and those that no branch has. */
function nodesOf({ branches, outputShape }: Convolution): { own: number[][]; phantoms: number[] } {
  const [, ...size] = outputShape;
  const plane = sizeOf(size);
  const own: number[][] = [];
  const phantoms: number[] = [];
  let channel = 0;
  for (const { channels, outputs } of branches!) {
    const nodes: number[] = [];
    for (const end = channel + channels; channel < end; channel++)
      for (let at = 0; at < plane; at++) {
        const width = size.at(-1)!;
        const inside =
          at % width < outputs.at(-1)! && (size.length === 1 || Math.floor(at / width) < outputs[0]);
        (inside ? nodes : phantoms).push(channel * plane + at);
      }
    own.push(nodes);
  }
  return { own, phantoms };
}

async function gradients(graph: Graph, input: Tensor, at?: string) {
  const network = await referenceEngine.compile(graph);
  return network.gradient({ inputs: [input], targets: [1], at });
}

test('convolutions side by side are one: outputs, gradients and positions that nobody reads', async (t) => {
  const seen = { phantoms: 0, activated: 0, plain: 0, oneDimension: 0 };
  for (let seed = 1; seed <= 150; seed++) {
    const plan = randomPlan(seed);
    const graph = graphOf(plan);
    const input = inputOf(graph, seed);
    const split = splitNetwork(graph, 'probability');
    for (const part of [split.prefix, split.front, split.onward, split.activate, split.tail])
      checkGraph(part);
    const front = await run({ ...split.front, outputs: split.front.outputs.slice(-1) }, input);
    const whole = explainedNetwork(graph, 'probability');
    t.true(distance(await run(split.tail, front), await run(whole, input)) < ROUNDING, `seed ${seed}`);

    const layer = split.layer as Convolution;
    t.is(layer.branches?.length, plan.branches.length, `seed ${seed}`);
    const kinds = new Set(plan.branches.map(({ activation }) => JSON.stringify(activation)));
    const [{ activation }] = plan.branches;
    const late = plan.end === 'channels' && activation === null ? { op: 'relu' } : null;
    t.deepEqual(split.activation as unknown, kinds.size === 1 ? (activation ?? late) : null, `seed ${seed}`);
    seen[split.activation === null ? 'plain' : 'activated']++;
    if (plan.size.length === 1) seen.oneDimension++;

    const fromX = networkFromFirstLayer(graph, 'probability');
    const x = await run(split.prefix, input);
    const there = await gradients(fromX, x);
    const along = await gradients(whole, input);
    const back = plan.branches[0].turned
      ? [0, ...plan.size.map((_, axis) => axis + 2), 1]
      : there.gradients.shape.map((_, axis) => axis);
    const turn = new Sketch([...there.gradients.shape]);
    const turned = await run(
      turn.end(turn.add({ op: 'transpose', perm: back }, ['x'], 'turn')),
      there.gradients,
    );
    t.true(distance(turned, along.gradients) < ROUNDING, `gradient, seed ${seed}`);

    const { own, phantoms } = nodesOf(layer);
    seen.phantoms += phantoms.length;
    t.is(nodeCount(layer), own.flat().length);
    const read = new Set(own.flat());
    t.deepEqual(
      withoutUnread(layer, front.data),
      front.data.map((value, node) => (read.has(node) ? value : 0)),
    );
    const { gradients: slopes } = await gradients(split.tail, front);
    t.true(
      phantoms.every((node) => slopes.data[node] === 0),
      `seed ${seed}`,
    );
  }
  t.true(
    seen.phantoms > 500 && seen.activated > 50 && seen.plain > 20 && seen.oneDimension > 40,
    JSON.stringify(seen),
  );
});

test('rows and receptive fields are those of each branch alone', async (t) => {
  for (let seed = 201; seed <= 260; seed++) {
    // Batch norm behind the concatenation would be folded into the whole.
    const plan = { ...randomPlan(seed), end: 'values' as const };
    const graph = graphOf(plan);
    const x = await run(splitNetwork(graph, 'logit').prefix, inputOf(graph, seed));
    const whole = splitNetwork(graph, 'logit').layer as Convolution;
    const geometry = inputGeometry(whole);
    const grid = cellGrid(geometry, 2);
    const evidence = { kind: 'activation' as const, x, blank: null, gamma: 0.9999999999 };
    const { own } = nodesOf(whole);
    plan.branches.forEach((_, at) => {
      const alone = splitNetwork(graphOf(plan, [at]), 'logit').layer;
      const nodes = [...own[at].keys()];
      t.is(sizeOf(alone.outputShape), nodes.length);
      const inWhole = encodeMaskProblem(whole, geometry, grid, evidence, own[at]);
      const inBranch = encodeMaskProblem(alone, geometry, grid, evidence, nodes);
      t.deepEqual(inWhole.problem, inBranch.problem, `seed ${seed}`);
      t.deepEqual(
        [...inWhole.constrained],
        Array.from(inBranch.constrained, (node) => own[at][node]),
      );
      for (const node of nodes)
        t.deepEqual(
          new ReceptiveFields(whole, geometry).of(own[at][node]),
          new ReceptiveFields(alone, geometry).of(node),
        );
    });
  }
});

/** Kim 2014 as PyTorch has it: [1, 1, words, E] under kernels of k by E, or the same on its side. */
function kim(kernels: number[], onItsSide: boolean, pad = 0): Graph {
  const [words, size] = [9, 4];
  const sketch = new Sketch([1, words]);
  const embedded = sketch.add({ op: 'gather', axis: 0 }, [sketch.weights(20, size), 'x'], 'embedding');
  const turned = onItsSide
    ? sketch.add({ op: 'transpose', perm: [0, 2, 1] }, [embedded], 'turned')
    : embedded;
  const pooled = kernels.map((k) => {
    const shape = onItsSide ? [1, 1, size, words] : [1, 1, words, size];
    const picture = sketch.add({ op: 'reshape', shape }, [turned], 'picture');
    const [kernel, pads] = onItsSide ? [[size, k], [0, pad, 0, pad]] : [[k, size], [pad, 0, pad, 0]]; // prettier-ignore
    const conv = sketch.add(
      { op: 'conv', strides: [1, 1], pads, dilations: [1, 1], groups: 1 },
      [picture, sketch.weights(3, 1, ...kernel), sketch.weights(3)],
      `conv${k}`,
    );
    const relu = sketch.add({ op: 'relu' }, [conv], 'relu');
    return sketch.flatten(sketch.add({ op: 'globalMaxPool' }, [relu], 'pool'));
  });
  const joined = pooled.length === 1 ? pooled[0] : sketch.add({ op: 'concat', axis: 1 }, pooled, 'concat');
  return sketch.end(sketch.dense(joined, 3));
}

test('a kernel as wide as the embedding is one over words, alone and beside others', async (t) => {
  for (const kernels of [[3], [3, 4, 5]])
    for (const onItsSide of [false, true])
      for (const pad of [0, 2]) {
        const graph = kim(kernels, onItsSide, pad);
        const split = splitNetwork(graph, 'logit');
        for (const part of [split.prefix, split.front, split.tail]) checkGraph(part);
        const longest = 9 + 2 * pad - 3 + 1;
        t.like(split.layer, {
          kind: 'conv',
          inputShape: [4, 9],
          outputShape: [3 * kernels.length, longest],
          activation: undefined,
        });
        t.deepEqual(split.activation, { op: 'relu' });
        const input = { data: Float32Array.from({ length: 9 }, (_, at) => (at * 7) % 20), shape: [1, 9] };
        const front = await run({ ...split.front, outputs: split.front.outputs.slice(-1) }, input);
        t.true(distance(await run(split.tail, front), await run(graph, input)) < ROUNDING);
      }
});

test('dense layers that read the same row are one', async (t) => {
  const sketch = new Sketch([1, 2, 3, 4]);
  const left = sketch.add({ op: 'relu' }, [sketch.dense(sketch.flatten('x'), 5, 'left')], 'relu');
  const right = sketch.add({ op: 'relu' }, [sketch.dense(sketch.flatten('x'), 2, 'right')], 'relu');
  const sum = sketch.add({ op: 'add' }, [sketch.dense(left, 3), sketch.dense(right, 3)], 'sum');
  const graph = sketch.end(sum);
  const input = sketch.random.tensor([1, 2, 3, 4]);
  const split = splitNetwork(graph, 'logit');
  t.like(split.layer, { kind: 'dense', inputShape: [2, 3, 4], outputShape: [7] });
  t.deepEqual(split.activation, { op: 'relu' });
  t.true(distance(await run(split.tail, await run(split.front, input)), await run(graph, input)) < ROUNDING);
});

test('dense layers on every position are one convolution', async (t) => {
  const sketch = new Sketch([1, 6, 4]);
  const parts = ['a', 'b'].map((name) => sketch.add({ op: 'tanh' }, [sketch.dense('x', 3, name)], 'tanh'));
  const product = sketch.add({ op: 'mul' }, parts, 'product');
  const graph = sketch.end(sketch.dense(sketch.flatten(product), 3));
  const input = sketch.random.tensor([1, 6, 4]);
  const split = splitNetwork(graph, 'logit');
  t.like(split.layer, { kind: 'conv', inputShape: [4, 6], outputShape: [6, 6] });
  t.deepEqual(split.activation, { op: 'tanh' });
  const front = await run({ ...split.front, outputs: split.front.outputs.slice(-1) }, input);
  t.true(distance(await run(split.tail, front), await run(graph, input)) < ROUNDING);
});

type Join = (s: Sketch) => string;
const sum = (s: Sketch, ...values: string[]) =>
  s.dense(
    s.add(
      { op: 'concat', axis: 1 },
      values.map((value) => s.flatten(value)),
      'join',
    ),
    3,
  );

const refused: Record<string, [RegExp, Join]> = {
  'other strides': [
    /feeds 2 first layers \('a', 'b'\) that cannot be read as one: the strides of 'a' and 'b' differ: \[1,1\] and \[2,2\]/,
    (s) => sum(s, s.conv('x', 2, 3, { name: 'a' }), s.conv('x', 2, 3, { name: 'b', strides: [2, 2] })),
  ],
  'a convolution and a dense layer': [
    /'a' is of the kind conv, 'b' of the kind dense/,
    (s) => sum(s, s.conv('x', 2, 3, { name: 'a' }), s.dense(s.flatten('x'), 2, 'b')),
  ],
  'another scale of the input': [
    /'a' reads 'x', 'b' reads 'half'/,
    (s) => {
      const half = s.add({ op: 'mul' }, ['x', s.values([0.5], [])], 'half');
      return sum(s, s.conv('x', 2, 3, { name: 'a' }), s.conv(half, 2, 3, { name: 'b' }));
    },
  ],
  'two halves of the input': [
    /'a' reads 'one', 'b' reads 'two'/,
    (s) => {
      const [one, two] = [0, 1].map((begin) =>
        s.add(
          { op: 'slice', starts: [0, begin, 0, 0], ends: [1, begin + 1, 6, 6], steps: [1, 1, 1, 1] },
          ['x'],
          begin === 0 ? 'one' : 'two',
        ),
      );
      return sum(s, s.conv(one, 2, 3, { name: 'a' }), s.conv(two, 2, 3, { name: 'b' }));
    },
  ],
  groups: [
    /'a' and 'b' have 1 and 2 groups/,
    (s) => {
      const op: Operation = { op: 'conv', strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 2 };
      return sum(s, s.conv('x', 2, 3, { name: 'a' }), s.add(op, ['x', s.weights(4, 1, 3, 3)], 'b'));
    },
  ],
  'paddings that no kernel in memory covers': [
    /a kernel that covers all of theirs has \[9001,9001\] taps for 5 channels, more than 67108864 weights/,
    (s) => {
      const far = s.conv('x', 2, 1, { name: 'b', pads: [9000, 9000, 0, 0] });
      const maxima = [s.conv('x', 2, 1, { name: 'a', pads: [1, 1, 0, 0] }), far].map((value) =>
        s.add({ op: 'globalMaxPool' }, [value], 'pool'),
      );
      return sum(
        s,
        ...maxima,
        s.add({ op: 'globalMaxPool' }, [s.conv('x', 1, 1, { name: 'c', pads: [0, 0, 0, 0] })], 'pool'),
      );
    },
  ],
  'a way around both': [
    /reaches node 'join' \(concat\) without passing the first layer 'a \+ b'/,
    (s) => sum(s, s.conv('x', 2, 3, { name: 'a' }), s.conv('x', 2, 1, { name: 'b' }), 'x'),
  ],
  'a pooling beside them': [
    /without passing the first layer 'a \+ b'/,
    (s) => {
      const pooled = s.add({ op: 'globalMaxPool' }, ['x'], 'pool');
      return sum(s, s.conv('x', 2, 3, { name: 'a' }), s.conv('x', 2, 1, { name: 'b' }), s.conv(pooled, 2, 1));
    },
  ],
};

for (const [name, [message, build]] of Object.entries(refused))
  test(`side by side and yet not one: ${name}`, (t) => {
    const sketch = new Sketch([1, 2, 6, 6]);
    const error = t.throws<SmugError>(() => splitNetwork(sketch.end(build(sketch)), 'probability'));
    t.is(error?.code, 'UNSUPPORTED_MODEL');
    t.regex(error?.message ?? '', message);
  });

test('a split leaves the graph as it is, and comes out the same again', (t) => {
  const graph = kim([3, 4], false);
  const before = JSON.stringify(graph.nodes);
  const first: SplitNetwork = splitNetwork(graph, 'logit');
  t.deepEqual(splitNetwork(graph, 'logit').layer, first.layer);
  t.is(JSON.stringify(graph.nodes), before);
});
