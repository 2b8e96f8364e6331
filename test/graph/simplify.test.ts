import test from 'ava';
import type { Graph } from '../../dist/graph/graph.js';
import { checkGraph } from '../../dist/graph/infer.js';
import { simplify } from '../../dist/graph/simplify.js';
import { attentionGraph } from '../support/attention-graphs.js';
import { distance, run, Sketch } from './networks.js';

const ops = (graph: Graph) => graph.nodes.map((node) => node.op);

// Folding rounds weights once more, and sums in float32 run in another order.
const ROUNDING = 1e-5;

test('a simplified graph is sound, computes the same, has no more nodes, and stays as it is', async (t) => {
  let shorter = 0;
  for (let seed = 1; seed <= 300; seed++) {
    const { graph, inputs } = attentionGraph(seed);
    const before = JSON.stringify(graph.nodes);
    const simple = simplify(graph);
    t.is(JSON.stringify(graph.nodes), before, 'the given graph is left alone');
    checkGraph(simple);
    t.deepEqual(simple.outputs, graph.outputs);
    t.true(simple.nodes.length <= graph.nodes.length);
    if (simple.nodes.length < graph.nodes.length) shorter++;
    t.deepEqual(ops(simplify(simple)), ops(simple));
    const [was, is] = [await run(graph, ...inputs), await run(simple, ...inputs)];
    t.true(
      distance(is, was) < ROUNDING,
      `seed ${seed}: ${distance(is, was)}; ${ops(graph)} → ${ops(simple)}`,
    );
  }
  t.true(shorter > 10, `only ${shorter} graphs got shorter`);
});

const after: Record<string, (sketch: Sketch, x: string) => string> = {
  'batch norm': (s, x) => s.add({ op: 'affine' }, [x, s.weights(4), s.weights(4)], 'bn'),
  'a factor': (s, x) => s.add({ op: 'mul' }, [x, s.values([2.5], [])], 'mul'),
  'a factor per channel, on the left': (s, x) => s.add({ op: 'mul' }, [s.weights(4, 1, 1), x], 'mul'),
  'a sum': (s, x) => s.add({ op: 'add' }, [x, s.weights(1, 4, 1, 1)], 'add'),
  'a difference': (s, x) => s.add({ op: 'sub' }, [x, s.weights(4, 1, 1)], 'sub'),
  'a difference the other way round': (s, x) => s.add({ op: 'sub' }, [s.weights(4, 1, 1), x], 'sub'),
  'a quotient': (s, x) => s.add({ op: 'div' }, [x, s.values([2, 3, 4, 5], [4, 1, 1])], 'div'),
};

for (const [name, append] of Object.entries(after))
  test(`a convolution takes up what follows it: ${name}`, async (t) => {
    const sketch = new Sketch([2, 3, 6, 5]);
    const graph = sketch.end(append(sketch, sketch.conv('x', 4)));
    const simple = simplify(graph);
    t.deepEqual(ops(simple), ['conv']);
    const x = sketch.random.tensor([2, 3, 6, 5]);
    t.true(distance(await run(simple, x), await run(graph, x)) < ROUNDING);
  });

test('a convolution takes up a bias behind its squeeze and transpose, as Keras files of 1-D convolutions have it', async (t) => {
  for (const turned of [false, true])
    for (const entries of [1, 4]) {
      const sketch = new Sketch([2, 3, 1, 6]);
      const conv = sketch.add(
        { op: 'conv', strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1 },
        ['x', sketch.weights(4, 3, 1, 3)],
        'conv',
      );
      const row = sketch.add({ op: 'reshape', shape: [2, 4, 4] }, [conv], 'squeeze');
      const value = turned ? sketch.add({ op: 'transpose', perm: [0, 2, 1] }, [row], 'turn') : row;
      const bias = turned ? sketch.weights(entries) : sketch.weights(entries, 1);
      const factor = turned ? sketch.weights(1, 1, entries) : sketch.weights(1, entries, 1);
      const sum = sketch.add({ op: 'sub' }, [bias, value], 'bias');
      const graph = sketch.end(sketch.add({ op: 'mul' }, [sum, factor], 'factor'));
      const simple = simplify(graph);
      checkGraph(simple);
      t.deepEqual(ops(simple), turned ? ['conv', 'reshape', 'transpose'] : ['conv', 'reshape']);
      const x = sketch.random.tensor([2, 3, 1, 6]);
      t.true(distance(await run(simple, x), await run(graph, x)) < ROUNDING);
    }
});

test('what varies along a row stays arithmetic, whichever side of a transpose it stands on', async (t) => {
  const sketch = new Sketch([1, 3, 6, 5]);
  const turned = sketch.add({ op: 'transpose', perm: [0, 3, 1, 2] }, [sketch.conv('x', 4)], 'turn');
  const graph = sketch.end(sketch.add({ op: 'add' }, [turned, sketch.weights(3, 4, 4)], 'sum'));
  const simple = simplify(graph);
  checkGraph(simple);
  t.is(simple.nodes.length, 3);
  const x = sketch.random.tensor([1, 3, 6, 5]);
  t.true(distance(await run(simple, x), await run(graph, x)) < ROUNDING);
});

test('a dense layer takes up what follows it along its last axis only', async (t) => {
  const sketch = new Sketch([2, 5]);
  const dense = sketch.dense('x', 4);
  const scaled = sketch.add({ op: 'mul' }, [dense, sketch.weights(4)], 'mul');
  const graph = sketch.end(
    sketch.add({ op: 'affine' }, [scaled, sketch.weights(4), sketch.weights(4)], 'bn'),
  );
  t.deepEqual(ops(simplify(graph)), ['dense']);
  const x = sketch.random.tensor([2, 5]);
  t.true(distance(await run(simplify(graph), x), await run(graph, x)) < ROUNDING);

  const rows = new Sketch([3, 5]);
  const perRow = rows.end(rows.add({ op: 'mul' }, [rows.dense('x', 4), rows.weights(3, 1)], 'mul'));
  t.deepEqual(ops(simplify(perRow)), ['dense', 'mul']);
});

test('a layer that others read too, or a factor that varies within a channel, is not folded', (t) => {
  const shared = new Sketch([1, 3, 6, 6]);
  const conv = shared.conv('x', 4);
  const scaled = shared.add({ op: 'mul' }, [conv, shared.values([2], [])], 'mul');
  t.deepEqual(ops(simplify(shared.end(shared.add({ op: 'add' }, [conv, scaled], 'add')))), [
    'conv',
    'mul',
    'add',
  ]);

  const varying = new Sketch([1, 3, 6, 6]);
  const graph = varying.end(
    varying.add({ op: 'mul' }, [varying.conv('x', 4), varying.weights(4, 4, 4)], 'mul'),
  );
  t.deepEqual(ops(simplify(graph)), ['conv', 'mul']);
});

test('zero padding goes into the convolution or average pooling behind it', async (t) => {
  const pads = [0, 0, 1, 0, 0, 0, 2, 1];
  const sketch = new Sketch([1, 3, 6, 6]);
  const padded = sketch.add({ op: 'pad', pads, mode: 'constant', value: 0 }, ['x'], 'pad');
  const simple = simplify(sketch.end(sketch.conv(padded, 2, 3, { pads: [1, 1, 1, 1] })));
  const [conv] = simple.nodes;
  t.deepEqual(ops(simple), ['conv']);
  t.deepEqual(conv.op === 'conv' && conv.pads, [2, 1, 3, 2]);

  const pooled = new Sketch([1, 3, 6, 6]);
  const before = pooled.add(
    { op: 'pad', pads: [0, 0, 1, 1, 0, 0, 1, 1], mode: 'constant', value: 0 },
    ['x'],
    'pad',
  );
  const graph = pooled.end(
    pooled.add(
      {
        op: 'averagePool',
        kernel: [3, 3],
        strides: [2, 2],
        pads: [0, 0, 0, 0],
        dilations: [1, 1],
        ceil: false,
        countIncludePad: false,
      },
      [before],
      'pool',
    ),
  );
  t.deepEqual(ops(simplify(graph)), ['averagePool']);
  const x = pooled.random.tensor([1, 3, 6, 6]);
  t.true(distance(await run(simplify(graph), x), await run(graph, x)) < ROUNDING);
});

test('padding before the turn to channels first goes into the convolution as well', async (t) => {
  const sketch = new Sketch([1, 6, 6, 3]);
  const pads = [0, 1, 2, 0, 0, 3, 4, 0];
  const padded = sketch.add({ op: 'pad', pads, mode: 'constant', value: 0 }, ['x'], 'pad');
  const turned = sketch.add({ op: 'transpose', perm: [0, 3, 1, 2] }, [padded], 'to channels first');
  const graph = sketch.end(sketch.conv(turned, 4));
  const simple = simplify(graph);
  checkGraph(simple);
  t.deepEqual(ops(simple), ['transpose', 'conv']);
  const conv = simple.nodes[1];
  t.deepEqual(conv.op === 'conv' && conv.pads, [1, 2, 3, 4]);
  const x = sketch.random.tensor([1, 6, 6, 3]);
  t.true(distance(await run(simple, x), await run(graph, x)) < ROUNDING);
});

for (const [name, pad] of Object.entries({
  'another value': { mode: 'constant', value: 1 } as const,
  'mirrored pixels': { mode: 'reflect', value: 0 } as const,
}))
  test(`padding with ${name} stays`, (t) => {
    const sketch = new Sketch([1, 3, 6, 6]);
    const padded = sketch.add({ op: 'pad', pads: [0, 0, 1, 1, 0, 0, 1, 1], ...pad }, ['x'], 'pad');
    t.deepEqual(ops(simplify(sketch.end(sketch.conv(padded, 2)))), ['pad', 'conv']);
  });

test('transposes that undo each other go, except at the entry, where the file’s layout ends', (t) => {
  const sketch = new Sketch([1, 6, 6, 3]);
  const entry = sketch.add({ op: 'transpose', perm: [0, 3, 1, 2] }, ['x'], 'to channels first');
  const conv = sketch.conv(entry, 4);
  const last = sketch.add({ op: 'transpose', perm: [0, 2, 3, 1] }, [conv], 'to channels last');
  const first = sketch.add({ op: 'transpose', perm: [0, 3, 1, 2] }, [last], 'and back');
  t.deepEqual(ops(simplify(sketch.end(sketch.conv(first, 2)))), ['transpose', 'conv', 'conv']);

  const plain = new Sketch([1, 6, 6, 3]);
  const there = plain.add({ op: 'transpose', perm: [0, 3, 1, 2] }, ['x'], 'there');
  const back = plain.add({ op: 'transpose', perm: [0, 2, 3, 1] }, [there], 'back');
  t.deepEqual(ops(simplify(plain.end(plain.flatten(back)))), ['transpose', 'transpose', 'reshape']);
});

test('activations written as several operations are recognised', (t) => {
  const sketch = new Sketch([1, 4]);
  const x = sketch.dense('x', 3);
  const gate = sketch.add({ op: 'sigmoid' }, [x], 'gate');
  t.deepEqual(ops(simplify(sketch.end(sketch.add({ op: 'mul' }, [gate, x], 'product')))), ['dense', 'swish']);

  const parts = new Sketch([1, 4]);
  const z = parts.dense('x', 3);
  const shifted = parts.add({ op: 'add' }, [z, parts.values([3], [])], 'shifted');
  const clip = parts.add({ op: 'clip', min: 0, max: 6 }, [shifted], 'clip');
  const product = parts.add({ op: 'mul' }, [z, clip], 'product');
  const sixth = parts.add({ op: 'div' }, [product, parts.values([6], [1])], 'sixth');
  t.deepEqual(ops(simplify(parts.end(sixth))), ['dense', 'hardSwish']);

  const clipped = new Sketch([1, 4]);
  const open = clipped.add({ op: 'clip', min: 0, max: Infinity }, ['x'], 'clip');
  t.deepEqual(ops(simplify(clipped.end(open))), ['relu']);
});

test('outputs keep their names, also where they equal another value', (t) => {
  const sketch = new Sketch([1, 4]);
  const dense = sketch.dense('x', 3);
  const output = sketch.add({ op: 'identity' }, [dense], 'copy', 'y');
  const simple = simplify(sketch.end(output));
  t.deepEqual(simple.outputs, ['y']);
  t.deepEqual(ops(simple), ['dense']);

  const passing = new Sketch([1, 4]);
  const same = simplify(passing.end(passing.add({ op: 'identity' }, ['x'], 'copy', 'y')));
  t.deepEqual([same.outputs, ops(same)], [['y'], ['identity']]);
});

test('arithmetic on constants is done beforehand, and what nothing needs is dropped', (t) => {
  const sketch = new Sketch([1, 4]);
  const sum = sketch.add({ op: 'add' }, [sketch.values([1, 2, 3, 4]), sketch.values([10], [])], 'sum');
  sketch.dense('x', 9, 'unused');
  const simple = simplify(sketch.end(sketch.add({ op: 'mul' }, ['x', sum], 'product')));
  t.deepEqual(ops(simple), ['mul']);
  t.deepEqual([...(simple.constants.get(simple.nodes[0].inputs[1])?.data ?? [])], [11, 12, 13, 14]);
  t.is(simple.constants.size, 1);
});
