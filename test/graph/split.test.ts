import test from 'ava';
import type { SmugError } from '../../dist/errors.js';
import type { Graph } from '../../dist/graph/graph.js';
import { checkGraph } from '../../dist/graph/infer.js';
import { endTail } from '../../dist/graph/tail-end.js';
import { splitNetwork } from '../../dist/graph/split-network.js';
import type { SplitNetwork } from '../../dist/graph/split.js';
import type { Tensor } from '../../dist/tensor.js';
import { sizeOf } from '../../dist/tensor.js';
import { randomGraph } from '../support/random-graphs.js';
import { distance, run, Sketch } from './networks.js';

// A fold rounds the weights once more; sums run in another order.
const ROUNDING = 1e-5;

/** The layer alone, o = W₁X + b₁, written as loops. */
function applyLayer({ layer }: SplitNetwork, x: Tensor): Tensor {
  const output = new Float32Array(sizeOf(layer.outputShape));
  if (layer.kind === 'dense') {
    const units = layer.outputShape[0];
    for (let m = 0; m < units; m++) {
      let sum = layer.bias[m];
      for (let k = 0; k < x.data.length; k++) sum += x.data[k] * layer.weights.data[k * units + m];
      output[m] = sum;
    }
    return { data: output, shape: [1, units] };
  }
  const [channels, height, width] = layer.inputShape;
  const [filters, oh, ow] = layer.outputShape;
  const [, perGroup, kh, kw] = layer.weights.shape;
  for (let o = 0; o < filters; o++)
    for (let i = 0; i < oh; i++)
      for (let j = 0; j < ow; j++) {
        let sum = layer.bias[o];
        const group = Math.floor((o * layer.groups) / filters);
        for (let c = 0; c < perGroup; c++)
          for (let u = 0; u < kh; u++)
            for (let v = 0; v < kw; v++) {
              const [row, column] = [
                i * layer.strides[0] - layer.pads[0] + u * layer.dilations[0],
                j * layer.strides[1] - layer.pads[1] + v * layer.dilations[1],
              ];
              if (row < 0 || column < 0 || row >= height || column >= width) continue;
              const channel = group * (channels / layer.groups) + c;
              sum +=
                x.data[(channel * height + row) * width + column] *
                layer.weights.data[((o * perGroup + c) * kh + u) * kw + v];
            }
        output[(o * oh + i) * ow + j] = sum;
      }
  return { data: output, shape: [1, ...layer.outputShape] };
}

/** Runs the parts one after the other. */
async function runParts(split: SplitNetwork, input: Tensor): Promise<Tensor> {
  for (const part of [split.prefix, split.activate, split.tail]) checkGraph(part);
  const x = await run(split.prefix, input);
  const o = applyLayer(split, { data: x.data, shape: [1, ...split.layer.inputShape] });
  return run(split.tail, await run(split.activate, o));
}

function softmax({ data }: Tensor): Tensor {
  const top = Math.max(...data);
  const powers = data.map((value) => Math.exp(value - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  return { data: powers.map((value) => value / sum), shape: [1, data.length] };
}

const imageNet = (s: Sketch, x: string): string => {
  const conv = s.conv(x, 4, 3, { pads: [1, 1, 1, 1], strides: [2, 2] });
  const a = s.add(
    { op: 'relu' },
    [s.add({ op: 'affine' }, [conv, s.weights(4), s.weights(4)], 'bn')],
    'relu',
  );
  return s.dense(s.flatten(s.conv(a, 2)), 3);
};

test('the parts give what the whole gives, with batch norm folded and the activation set apart', async (t) => {
  const sketch = new Sketch([1, 3, 9, 8]);
  const graph = sketch.end(sketch.add({ op: 'softmax', axis: 1 }, [imageNet(sketch, 'x')], 'softmax'));
  const input = sketch.random.tensor([1, 3, 9, 8]);
  const split = splitNetwork(graph, 'probability');
  t.deepEqual(split.activation, { op: 'relu' });
  t.deepEqual(split.prefix.nodes, []);
  t.like(split.layer, { kind: 'conv', inputShape: [3, 9, 8], outputShape: [4, 5, 4], pads: [1, 1, 1, 1] });
  t.deepEqual(split.tail.shapes.get(split.tail.inputs[0]), [1, 4, 5, 4]);
  t.is(split.classes, 3);
  t.true(distance(await runParts(split, input), await run(graph, input)) < ROUNDING);
});

test('logits are the scores before the softmax; probabilities get one where the file has none', async (t) => {
  const build = (end: (s: Sketch, z: string) => string): [Graph, Tensor] => {
    const sketch = new Sketch([1, 3, 9, 8]);
    return [sketch.end(end(sketch, imageNet(sketch, 'x'))), sketch.random.tensor([1, 3, 9, 8])];
  };
  const [plain, input] = build((_, z) => z);
  const logits = await run(plain, input);
  for (const op of ['softmax', 'logSoftmax'] as const) {
    const [graph] = build((s, z) => s.add({ op, axis: 1 }, [z], op));
    t.true(distance(await runParts(splitNetwork(graph, 'logit'), input), logits) < ROUNDING, op);
    t.true(
      distance(await runParts(splitNetwork(graph, 'probability'), input), softmax(logits)) < ROUNDING,
      op,
    );
  }
  t.true(distance(await runParts(splitNetwork(plain, 'probability'), input), softmax(logits)) < ROUNDING);
});

test('scores with trailing axes of one become [1, classes]', async (t) => {
  const sketch = new Sketch([1, 3, 6, 6]);
  const a = sketch.add({ op: 'relu' }, [sketch.conv('x', 4)], 'relu');
  const scores = sketch.add({ op: 'reduceMean', axes: [2, 3], keepDims: true }, [sketch.conv(a, 5)], 'mean');
  const graph = sketch.end(sketch.add({ op: 'softmax', axis: 1 }, [scores], 'softmax'));
  const input = sketch.random.tensor([1, 3, 6, 6]);
  const split = splitNetwork(graph, 'probability');
  const result = await runParts(split, input);
  t.deepEqual(result.shape, [1, 5]);
  t.true(distance(result, { ...(await run(graph, input)), shape: [1, 5] }) < ROUNDING);
});

test('a softmax in percents gives the same probabilities, not a softmax of percents', async (t) => {
  const sketch = new Sketch([1, 3, 6, 6]);
  const a = sketch.add({ op: 'relu' }, [sketch.conv('x', 4)], 'relu');
  // Scores close to each other, so that no probability is nearly 1.
  const wide = sketch.dense(sketch.flatten(a), 3);
  const scores = sketch.add({ op: 'mul' }, [wide, sketch.values([0.01], [])], 'close');
  const shares = sketch.add({ op: 'softmax', axis: 1 }, [scores], 'softmax');
  const hundred = sketch.values([100], []);
  const graph = sketch.end(sketch.add({ op: 'mul' }, [shares, hundred], 'percents'));
  const input = sketch.random.tensor([1, 3, 6, 6]);
  const { data: percents } = await run(graph, input);
  const result = await runParts(splitNetwork(graph, 'probability'), input);
  t.true(distance(result, { data: percents.map((value) => value / 100), shape: [1, 3] }) < ROUNDING);
});

test('one sigmoid z is two classes: [1 − σ(z), σ(z)], and as logits [−z, z]', async (t) => {
  for (const written of [true, false]) {
    const sketch = new Sketch([1, 6]);
    const z = sketch.dense(sketch.add({ op: 'tanh' }, [sketch.dense('x', 4)], 'tanh'), 1);
    const input = sketch.random.tensor([1, 6]);
    const value = (await run(sketch.finish([z]), input)).data[0];
    const graph = sketch.end(written ? sketch.add({ op: 'sigmoid' }, [z], 'sigmoid') : z);
    const sigma = 1 / (1 + Math.exp(-value));
    const expect = async (kind: 'probability' | 'logit', data: number[]) => {
      const split = splitNetwork(graph, kind);
      t.is(split.classes, 2);
      t.true(
        distance(await runParts(split, input), { data: Float32Array.from(data), shape: [1, 2] }) < ROUNDING,
      );
    };
    await expect('probability', [1 - sigma, sigma]);
    await expect('logit', [-value, value]);
  }
});

test('several sigmoids are independent probabilities', async (t) => {
  const sketch = new Sketch([1, 6]);
  const z = sketch.dense(sketch.add({ op: 'relu' }, [sketch.dense('x', 4)], 'relu'), 3);
  const graph = sketch.end(sketch.add({ op: 'sigmoid' }, [z], 'sigmoid'));
  const input = sketch.random.tensor([1, 6]);
  t.true(
    distance(await runParts(splitNetwork(graph, 'probability'), input), await run(graph, input)) < ROUNDING,
  );
});

test('a network of one layer has no activation of its own: its sigmoid is the end', (t) => {
  const sketch = new Sketch([1, 6]);
  const split = splitNetwork(
    sketch.end(sketch.add({ op: 'sigmoid' }, [sketch.dense('x', 1)], 'sigmoid')),
    'probability',
  );
  t.is(split.activation, null);
  t.is(split.classes, 2);
});

test('a dense layer behind a flattened picture sees it channels first, whatever the order of its rows', async (t) => {
  const sketch = new Sketch([1, 5, 4, 3]);
  const entry = sketch.add({ op: 'transpose', perm: [0, 3, 1, 2] }, ['x'], 'to channels first');
  const back = sketch.add({ op: 'transpose', perm: [0, 2, 3, 1] }, [entry], 'to channels last');
  const hidden = sketch.add({ op: 'relu' }, [sketch.dense(sketch.flatten(back), 7)], 'relu');
  const graph = sketch.end(sketch.add({ op: 'softmax', axis: 1 }, [sketch.dense(hidden, 3)], 'softmax'));
  const split = splitNetwork(graph, 'probability');
  t.deepEqual(split.layer.inputShape, [3, 5, 4]);
  t.deepEqual(
    split.prefix.nodes.map(({ op }) => op),
    ['transpose'],
  );
  const input = sketch.random.tensor([1, 5, 4, 3]);
  t.true(distance(await runParts(split, input), await run(graph, input)) < ROUNDING);
});

test('embeddings and fixed preprocessing belong to the prefix, zero padding to the layer', async (t) => {
  const text = new Sketch([1, 9]);
  const words = text.add({ op: 'gather', axis: 0 }, [text.weights(20, 6), 'x'], 'embedding');
  const moved = text.add({ op: 'transpose', perm: [0, 2, 1] }, [words], 'channels first');
  const conv = text.add(
    { op: 'conv', strides: [1], pads: [0, 0], dilations: [1], groups: 1 },
    [moved, text.weights(4, 6, 3)],
    'conv',
  );
  const pooled = text.add({ op: 'globalMaxPool' }, [text.add({ op: 'relu' }, [conv], 'relu')], 'pool');
  const textSplit = splitNetwork(text.end(text.dense(text.flatten(pooled), 1)), 'probability');
  t.deepEqual(
    textSplit.prefix.nodes.map(({ op }) => op),
    ['gather', 'transpose'],
  );
  t.like(textSplit.layer, { kind: 'conv', inputShape: [6, 9], outputShape: [4, 7] });

  const sketch = new Sketch([1, 3, 9, 8]);
  const scaled = sketch.add({ op: 'affine' }, ['x', sketch.weights(3), sketch.weights(3)], 'normalize');
  const padded = sketch.add(
    { op: 'pad', pads: [0, 0, 1, 1, 0, 0, 2, 2], mode: 'constant', value: 0 },
    [scaled],
    'pad',
  );
  const graph = sketch.end(sketch.add({ op: 'softmax', axis: 1 }, [imageNet(sketch, padded)], 'softmax'));
  const split = splitNetwork(graph, 'probability');
  t.deepEqual(
    split.prefix.nodes.map(({ op }) => op),
    ['affine'],
  );
  t.like(split.layer, { inputShape: [3, 9, 8], pads: [2, 2, 3, 3] });
  const input = sketch.random.tensor([1, 3, 9, 8]);
  t.true(distance(await runParts(split, input), await run(graph, input)) < ROUNDING);
});

test('an activation behind a squeeze belongs to the layer, as exporters of 1-D convolutions write it', async (t) => {
  const sketch = new Sketch([1, 3, 1, 9]);
  const conv = sketch.add(
    { op: 'conv', strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1 },
    ['x', sketch.weights(4, 3, 1, 3)],
    'conv',
  );
  const squeezed = sketch.add({ op: 'reshape', shape: [1, 4, 7] }, [conv], 'squeeze');
  const turned = sketch.add({ op: 'transpose', perm: [0, 2, 1] }, [squeezed], 'turn');
  const active = sketch.add({ op: 'relu' }, [turned], 'relu');
  const graph = sketch.end(sketch.dense(sketch.flatten(active), 3));
  const split = splitNetwork(graph, 'logit');
  t.deepEqual(split.activation, { op: 'relu' });
  t.deepEqual(split.tail.shapes.get(split.tail.inputs[0]), [1, 4, 1, 7]);
  const input = sketch.random.tensor([1, 3, 1, 9]);
  t.true(distance(await runParts(split, input), await run(graph, input)) < ROUNDING);
});

test('a dense layer on every position is a convolution with a kernel of one', async (t) => {
  for (const shape of [
    [1, 7, 5],
    [1, 4, 3, 5],
  ]) {
    const sketch = new Sketch(shape);
    const active = sketch.add({ op: 'tanh' }, [sketch.dense('x', 6)], 'tanh');
    const graph = sketch.end(sketch.dense(sketch.flatten(active), 3));
    const split = splitNetwork(graph, 'logit');
    const spatial = shape.slice(1, -1);
    t.like(split.layer, { kind: 'conv', inputShape: [5, ...spatial], outputShape: [6, ...spatial] });
    t.deepEqual(split.activation, { op: 'tanh' });
    const input = sketch.random.tensor(shape);
    const x = await run(split.prefix, input);
    const o = pointwise(split, x);
    t.true(distance(await run(split.tail, await run(split.activate, o)), await run(graph, input)) < ROUNDING);
  }
});

/** o[m, p] = b[m] + Σ_k W[m, k]·x[k, p] */
function pointwise({ layer }: SplitNetwork, x: Tensor): Tensor {
  const [filters, inner] = layer.weights.shape;
  const positions = x.data.length / inner;
  const data = new Float32Array(filters * positions);
  for (let m = 0; m < filters; m++)
    for (let p = 0; p < positions; p++) {
      data[m * positions + p] = layer.bias[m];
      for (let k = 0; k < inner; k++)
        data[m * positions + p] += layer.weights.data[m * inner + k] * x.data[k * positions + p];
    }
  return { data, shape: [1, ...layer.outputShape] };
}

test('where the activations differ between readers, a is o', async (t) => {
  const sketch = new Sketch([1, 3, 6, 6]);
  const conv = sketch.conv('x', 4);
  const both = ['relu', 'tanh'].map((op) => sketch.add({ op: op as 'relu' | 'tanh' }, [conv], op));
  const joined = sketch.add({ op: 'concat', axis: 1 }, both, 'concat');
  const graph = sketch.end(
    sketch.add({ op: 'softmax', axis: 1 }, [sketch.dense(sketch.flatten(joined), 3)], 'softmax'),
  );
  const split = splitNetwork(graph, 'probability');
  t.is(split.activation, null);
  const input = sketch.random.tensor([1, 3, 6, 6]);
  t.true(distance(await runParts(split, input), await run(graph, input)) < ROUNDING);
});

test('front and tail of random networks give what the whole gives', async (t) => {
  let split = 0;
  for (let seed = 1; seed <= 400; seed++) {
    const { graph, inputs } = randomGraph(seed);
    let parts: SplitNetwork;
    try {
      parts = splitNetwork(graph, 'probability');
    } catch (error) {
      t.is((error as SmugError).code, 'UNSUPPORTED_MODEL', `seed ${seed}: ${error}`);
      continue;
    }
    split++;
    for (const part of [parts.prefix, parts.front, parts.activate, parts.tail]) checkGraph(part);
    const sample = {
      data: inputs[0].data.subarray(0, sizeOf(graph.shapes.get(graph.inputs[0])!)),
      shape: [...graph.shapes.get(graph.inputs[0])!],
    };
    const a = await run({ ...parts.front, outputs: parts.front.outputs.slice(-1) }, sample);
    const whole = await run(endTail(graph, 'probability').tail, sample);
    t.true(distance(await run(parts.tail, a), whole) < ROUNDING, `seed ${seed}`);
  }
  t.true(split > 80, `only ${split} networks were split`);
});

const refused: Record<string, [RegExp, (s: Sketch) => string, number[]?]> = {
  'two first layers': [
    /feeds 2 first layers \('left', 'right'\)/,
    (s) =>
      s.add(
        { op: 'add' },
        [
          s.conv('x', 2, 3, { name: 'left', pads: [1, 1, 1, 1], strides: [2, 2] }),
          s.conv('x', 2, 4, { name: 'right' }),
        ],
        'sum',
      ),
  ],
  'no linear layer': [
    /no convolution or dense layer/,
    (s) => s.add({ op: 'softmax', axis: 1 }, [s.flatten('x')], 'softmax'),
  ],
  'a pooling first': [
    /'pool' \(globalMaxPool\) comes first\. .*--method grad-cam/,
    (s) => s.conv(s.add({ op: 'globalMaxPool' }, ['x'], 'pool'), 2, 1),
  ],
  'an activation first': [
    /'relu' \(relu\) comes first/,
    (s) => s.conv(s.add({ op: 'relu' }, ['x'], 'relu'), 2),
  ],
  'a way around the layer': [
    /reaches node 'sum' \(add\) without passing/,
    (s) => s.add({ op: 'add' }, [s.conv('x', 3, 1), 'x'], 'sum'),
  ],
  'a square of the input': [
    /'square' \(mul\) comes first/,
    (s) => s.conv(s.add({ op: 'mul' }, ['x', 'x'], 'square'), 2),
  ],
  'a mixed batch': [
    /'turned' \(transpose\) mixes or drops the batch axis/,
    (s) => s.add({ op: 'transpose', perm: [1, 0] }, [s.dense(s.flatten(s.conv('x', 2)), 3)], 'turned'),
  ],
  'a batch of two': [/batch size 2; 1 is expected/, (s) => s.dense(s.flatten('x'), 3), [2, 3, 6, 6]],
  'an image as output': [
    /one score a class, \[1, classes\], is expected/,
    (s) => s.conv(s.add({ op: 'relu' }, [s.conv('x', 4)], 'relu'), 2),
  ],
};

for (const [name, [message, build, shape]] of Object.entries(refused))
  test(`a network that cannot be split is refused by name: ${name}`, (t) => {
    const sketch = new Sketch(shape ?? [1, 3, 6, 6]);
    const graph = sketch.end(build(sketch));
    const error = t.throws<SmugError>(() => splitNetwork(graph, 'probability'));
    t.is(error?.code, 'UNSUPPORTED_MODEL');
    t.regex(error?.message ?? '', message);
  });
