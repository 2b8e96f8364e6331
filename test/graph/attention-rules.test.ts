// What exporters write of ConvNeXt and of transformers, and what the graph makes of it.
import test from 'ava';
import { batchMixing } from '../../dist/graph/batch.js';
import type { Graph } from '../../dist/graph/graph.js';
import { checkGraph } from '../../dist/graph/infer.js';
import { simplify } from '../../dist/graph/simplify.js';
import { splitNetwork } from '../../dist/graph/split-network.js';
import { distance, run, Sketch } from './networks.js';

const ops = (graph: Graph) => graph.nodes.map((node) => node.op);

// Sums in float32 run in another order.
const ROUNDING = 1e-5;

const half = (s: Sketch, x: string) => s.add({ op: 'mul' }, [x, s.values([0.5], [])], 'half');
const onePlusErf = (s: Sketch, x: string, times = false) => {
  const root = times ? s.values([Math.SQRT1_2], []) : s.values([Math.SQRT2], [1]);
  const inner = s.add({ op: times ? 'mul' : 'div' }, [x, root], 'inner');
  return s.add({ op: 'add' }, [s.add({ op: 'erf' }, [inner], 'erf'), s.values([1], [])], 'plus');
};
const product = (s: Sketch, a: string, b: string) => s.add({ op: 'mul' }, [a, b], 'product');

const orders: Record<string, (s: Sketch, x: string) => string> = {
  'x·(1 + erf)·½': (s, x) => half(s, product(s, x, onePlusErf(s, x))),
  '(x·½)·(1 + erf)': (s, x) => product(s, half(s, x), onePlusErf(s, x, true)),
  '(1 + erf)·(x·½)': (s, x) => product(s, onePlusErf(s, x, true), half(s, x)),
  'x·((1 + erf)·½)': (s, x) => product(s, x, half(s, onePlusErf(s, x))),
  '½·(x·(1 + erf))': (s, x) => product(s, s.values([0.5], [1]), product(s, onePlusErf(s, x), x)),
};

for (const [name, write] of Object.entries(orders))
  test(`gelu is recognised as ${name}`, async (t) => {
    const sketch = new Sketch([1, 4]);
    const graph = sketch.end(write(sketch, sketch.dense('x', 30)));
    const simple = simplify(graph);
    t.deepEqual(ops(simple), ['dense', 'gelu']);
    const x = sketch.random.tensor([1, 4]);
    t.true(distance(await run(simple, x), await run(graph, x)) < ROUNDING);
  });

test('what looks like gelu and is not stays as it is', (t) => {
  const sketch = new Sketch([1, 4]);
  const [x, z] = [sketch.dense('x', 3), sketch.dense('x', 3)];
  const other = sketch.end(half(sketch, product(sketch, z, onePlusErf(sketch, x))));
  t.false(ops(simplify(other)).includes('gelu'));
  const whole = new Sketch([1, 4]);
  const y = whole.dense('x', 3);
  t.false(ops(simplify(whole.end(product(whole, y, onePlusErf(whole, y))))).includes('gelu'));
});

/** (x − mean)/√(variance + ε)·scale + shift as exporters without the operator write it. */
function writtenNorm(s: Sketch, x: string, axes: number[], inverse: boolean, entries: number[]): string {
  const mean = (value: string) => s.add({ op: 'reduceMean', axes, keepDims: true }, [value], 'mean');
  const centred = s.add({ op: 'sub' }, [x, mean(x)], 'centred');
  const variance = mean(s.add({ op: 'mul' }, [centred, centred], 'square'));
  const sum = s.add({ op: 'add' }, [variance, s.values([1e-3], [])], 'sum');
  const root = s.add({ op: 'sqrt' }, [sum], 'root');
  const one = () => s.add({ op: 'div' }, [s.values([1], []), root], 'one');
  const normal = inverse
    ? s.add({ op: 'mul' }, [centred, one()], 'normal')
    : s.add({ op: 'div' }, [centred, root], 'normal');
  const scaled = s.add({ op: 'mul' }, [normal, s.weights(...entries)], 'scaled');
  return s.add({ op: 'add' }, [scaled, s.weights(...entries)], 'shifted');
}

for (const inverse of [false, true])
  for (const [axes, entries, expected] of [
    [[1], [5, 1, 1], ['layerNorm']],
    [[3], [6], ['layerNorm']],
    [[2, 3], [1], ['reshape', 'layerNorm', 'reshape', 'mul', 'add']],
    [[1, 3], [1], ['reduceMean', 'sub', 'mul', 'reduceMean', 'add', 'sqrt']],
  ] as const)
    test(`layer normalisation over axes ${axes} is recognised${inverse ? ', by its inverse root' : ''}`, async (t) => {
      const sketch = new Sketch([1, 5, 4, 6]);
      const graph = sketch.end(writtenNorm(sketch, 'x', [...axes], inverse, [...entries]));
      const simple = simplify(graph);
      checkGraph(simple);
      t.deepEqual(ops(simple).slice(0, expected.length), [...expected]);
      const x = sketch.random.tensor([1, 5, 4, 6]);
      t.true(distance(await run(simple, x), await run(graph, x)) < ROUNDING);
    });

test('a class token in front of the patches keeps samples apart', async (t) => {
  for (const token of ['first', 'last', 'both'] as const) {
    const sketch = new Sketch([1, 6, 4]);
    const parts = [sketch.dense('x', 4)];
    if (token !== 'last') parts.unshift(sketch.weights(1, 1, 4));
    if (token !== 'first') parts.push(sketch.weights(1, 2, 4));
    const joined = sketch.add({ op: 'concat', axis: 1 }, parts, 'tokens');
    const graph = sketch.end(
      sketch.add({ op: 'add' }, [joined, sketch.weights(1, sketch.shape(joined)[1], 4)], 'y'),
    );
    t.regex(batchMixing(graph)!, /concat/);
    const simple = simplify(graph);
    checkGraph(simple);
    t.is(batchMixing(simple), undefined);
    const x = sketch.random.tensor([1, 6, 4]);
    t.is(distance(await run(simple, x), await run(graph, x)), 0);
  }
});

test('queries, keys and values cut in front of the batch keep samples apart', async (t) => {
  const sketch = new Sketch([1, 5, 6]);
  const wide = sketch.add({ op: 'reshape', shape: [1, 5, 3, 2, 4] }, [sketch.dense('x', 24)], 'parts');
  const turned = sketch.add({ op: 'transpose', perm: [2, 0, 3, 1, 4] }, [wide], 'turned');
  const [q, k] = [0, 2].map((at) => {
    const starts = [at, 0, 0, 0, 0];
    const cut = sketch.add(
      { op: 'slice', starts, ends: [at + 1, 1, 2, 5, 4], steps: [1, 1, 1, 1, 1] },
      [turned],
      'cut',
    );
    return sketch.add({ op: 'reshape', shape: [1, 2, 5, 4] }, [cut], 'dropped');
  });
  const keys = sketch.add({ op: 'transpose', perm: [0, 1, 3, 2] }, [k], 'keys');
  const graph = sketch.end(sketch.flatten(sketch.add({ op: 'matMul' }, [q, keys], 'alike')));
  t.regex(batchMixing(graph)!, /transpose/);
  const simple = simplify(graph);
  checkGraph(simple);
  t.is(batchMixing(simple), undefined);
  const x = sketch.random.tensor([1, 5, 6]);
  t.true(distance(await run(simple, x), await run(graph, x)) < ROUNDING);
});

test('a layer on parts of the input that became rows of the batch is no first layer', (t) => {
  const sketch = new Sketch([1, 6, 4]);
  const parts = sketch.add({ op: 'reshape', shape: [6, 4] }, ['x'], 'parts');
  const scores = sketch.add({ op: 'reshape', shape: [1, 18] }, [sketch.dense(parts, 3)], 'scores');
  t.throws(() => splitNetwork(sketch.end(sketch.dense(scores, 2)), 'logit'), {
    code: 'UNSUPPORTED_MODEL',
    message: /6 parts of the input one by one/,
  });
});
