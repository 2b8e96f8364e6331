import test, { type ExecutionContext } from 'ava';
import { explainImage, explainText, loadModel, verifyCertificate } from '../../dist/index.js';
import { selectTopNodes } from '../../dist/attribution/select.js';
import type { Explanation } from '../../dist/explainers/explanation.js';
import type { Engine } from '../../dist/engines/engine.js';
import { referenceEngine } from '../../dist/engines/reference/engine.js';
import type { Model } from '../../dist/model/model.js';
import { maskPixels } from '../../dist/masks/window-mask.js';
import { buildCertificate } from '../../dist/solvers/evidence/certificate.js';
import type { Tensor } from '../../dist/tensor.js';
import { Sketch } from '../graph/networks.js';
import { Random } from '../support/random.js';
import { cpuEngine, native } from '../support/cpu-here.js';
import { writeLayersModel } from '../loaders/tfjs-writer.js';
import { modelOf, picture, unscaled } from './models.js';

/** A convolution as its definition has it: o at one output channel and position, from X with channels first, in float64. */
interface Branch {
  weights: Tensor;
  bias: Tensor;
  stride: number;
  pad: number;
}

const [WORDS, EMBEDDING, FILTERS] = [10, 5, 3];
const words = 'the film was a dull and slow but honest tale'.split(' ');
const vocabulary = Object.fromEntries(['[PAD]', '[UNK]', ...words].map((word, at) => [word, at]));

/** Kim 2014: an embedding; convolutions over 2, 3 and 4 words, ReLU and the maximum over the text of each; a dense layer. */
function kim(engine: Engine): { model: Model; branches: Branch[]; table: Tensor } {
  const sketch = new Sketch([1, WORDS], 5);
  const table = sketch.random.tensor([12, EMBEDDING]);
  const embedded = sketch.add({ op: 'gather', axis: 0 }, [sketch.constant('table', table), 'x'], 'embedding');
  const picture = sketch.add({ op: 'reshape', shape: [1, 1, WORDS, EMBEDDING] }, [embedded], 'picture');
  const branches: Branch[] = [];
  const maxima = [2, 3, 4].map((taps) => {
    const weights = sketch.random.tensor([FILTERS, 1, taps, EMBEDDING]);
    const bias = sketch.random.tensor([FILTERS], 0.2);
    branches.push({ weights, bias, stride: 1, pad: 0 });
    const conv = sketch.add(
      { op: 'conv', strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1 },
      [picture, sketch.constant('w', weights), sketch.constant('b', bias)],
      `conv${taps}`,
    );
    const relu = sketch.add({ op: 'relu' }, [conv], 'relu');
    return sketch.flatten(sketch.add({ op: 'globalMaxPool' }, [relu], 'pool'));
  });
  const joined = sketch.add({ op: 'concat', axis: 1 }, maxima, 'joined');
  return { model: modelOf(sketch.end(sketch.dense(joined, 3)), 'channels-first', engine), branches, table };
}

/** What a branch's node gets from words that may be hidden. */
function ofWords({ weights, bias }: Branch, filter: number, at: number, rows: number[][]): number {
  const [, , taps] = weights.shape;
  let sum = bias.data[filter];
  for (let tap = 0; tap < taps; tap++)
    for (let e = 0; e < EMBEDDING; e++)
      sum += weights.data[(filter * taps + tap) * EMBEDDING + e] * rows[at + tap][e];
  return sum;
}

/** The mask holds and nothing smaller does. Which of the smallest is the heaviest may stay open on a busy machine. */
async function verified(
  t: ExecutionContext,
  { problem, solution }: Pick<Explanation, 'problem' | 'solution'>,
): Promise<void> {
  const { failures, bound } = await verifyCertificate(await buildCertificate(problem, solution));
  t.deepEqual(failures, []);
  t.is(bound?.verdict, 'verified-exact');
}

for (const [name, of, run] of [
  ['reference', () => referenceEngine, test],
  ['cpu', cpuEngine, native],
] as const) {
  run(
    `${name}: Kim's network is explained, and no smaller set of words keeps what its branches say`,
    async (t) => {
      const { model, branches, table } = kim(of());
      const text = 'the dull tale was slow but honest';
      for (const gamma of [0, 0.6]) {
        const explanation = await explainText(model, text, {
          vocabulary,
          gamma,
          topK: 12,
          certificate: true,
        });
        t.is(explanation.engine, name);
        t.is(explanation.certificate.status, 'optimal');
        await verified(t, explanation);

        const rows = Array.from({ length: WORDS }, (_, at) => {
          const index = explanation.words[at] === undefined ? 0 : vocabulary[explanation.words[at].word];
          return [...table.data.subarray(index * EMBEDDING, (index + 1) * EMBEDDING)];
        });
        const [, channels, longest] = explanation.scores.shape;
        t.deepEqual([channels, longest], [3 * FILTERS, WORDS - 1]);
        const chosen = [...selectTopNodes(explanation.scores.data, 12)].map((node) => {
          const [channel, at] = [Math.floor(node / longest), node % longest];
          const branch = branches[Math.floor(channel / FILTERS)];
          t.true(at <= WORDS - branch.weights.shape[2], 'a position that no branch has was chosen');
          const valueOf = (masked: number[][]) => ofWords(branch, channel % FILTERS, at, masked);
          return { valueOf, whole: valueOf(rows) };
        });
        const active = chosen.filter(({ whole }) => whole > 0);
        t.is(explanation.nodes.constrained, active.length);
        t.true(active.length > 2);
        const count = explanation.words.length;
        const keeps = (kept: (word: number) => boolean) => {
          const masked = rows.map((row, at) => (at >= count || kept(at) ? row : row.map(() => 0)));
          return active.every(({ valueOf, whole }) => valueOf(masked) > gamma * whole);
        };
        t.true(keeps((word) => explanation.mask.cells[word] === 1));
        let smallest = count;
        for (let set = 0; set < 2 ** count; set++) {
          const size = [...set.toString(2)].filter((bit) => bit === '1').length;
          if (size < smallest && keeps((word) => ((set >> word) & 1) === 1)) smallest = size;
        }
        t.is(explanation.mask.size, smallest);
      }
      // By their activations alone, nodes would also be chosen where only the shortest kernel has a position.
      const { scores } = await explainText(model, text, { vocabulary, attribution: 'activations', topK: 50 });
      const [, , longest] = scores.shape;
      scores.data.forEach((score, node) => {
        const taps = branches[Math.floor(node / longest / FILTERS)].weights.shape[2];
        if (node % longest > WORDS - taps) t.is(score, 0);
      });
      model.dispose();
    },
  );

  run(`${name}: a picture network that begins with two convolutions is explained`, async (t) => {
    const sketch = new Sketch([1, 3, picture.height, picture.width], 8);
    const branches: Branch[] = [];
    const ends = [
      { taps: 3, pad: 0 },
      { taps: 5, pad: 2 },
    ].map(({ taps, pad }) => {
      const weights = sketch.random.tensor([2, 3, taps, taps]);
      const bias = sketch.random.tensor([2], 0.2);
      branches.push({ weights, bias, stride: 2, pad });
      const conv = sketch.add(
        { op: 'conv', strides: [2, 2], pads: [pad, pad, pad, pad], dilations: [1, 1], groups: 1 },
        ['x', sketch.constant('w', weights), sketch.constant('b', bias)],
        `conv${taps}`,
      );
      return sketch.flatten(sketch.add({ op: 'relu' }, [conv], 'relu'));
    });
    const joined = sketch.add({ op: 'concat', axis: 1 }, ends, 'joined');
    const model = modelOf(sketch.end(sketch.dense(joined, 4)), 'channels-first', of());
    const options = { preprocess: unscaled, topK: 10, gamma: 0.3, certificate: true };
    const explanation = await explainImage(model, picture, options);
    t.is(explanation.engine, name);
    await verified(t, explanation);

    const [, , height, width] = explanation.scores.shape;
    t.deepEqual(explanation.scores.shape, [1, 4, 4, 5]);
    const kept = maskPixels(explanation.mask);
    const pixel = (c: number, y: number, x: number) => picture.data[(y * picture.width + x) * 3 + c] / 255;
    const valueOf = ({ weights, bias, stride, pad }: Branch, filter: number, at: number, masked: boolean) => {
      const [, , taps] = weights.shape;
      let sum = bias.data[filter];
      for (let c = 0; c < 3; c++)
        for (let i = 0; i < taps; i++)
          for (let j = 0; j < taps; j++) {
            const y = Math.floor(at / width) * stride - pad + i;
            const x = (at % width) * stride - pad + j;
            if (y < 0 || x < 0 || y >= picture.height || x >= picture.width) continue;
            if (masked && !kept[y * picture.width + x]) continue;
            sum += weights.data[((filter * 3 + c) * taps + i) * taps + j] * pixel(c, y, x);
          }
      return sum;
    };
    let constrained = 0;
    for (const node of selectTopNodes(explanation.scores.data, 10)) {
      const [channel, at] = [Math.floor(node / (height * width)), node % (height * width)];
      const branch = branches[channel >> 1];
      // The kernel of three without padding has 3 by 4 positions, the other one 4 by 5.
      if (channel < 2) t.true(Math.floor(at / width) < 3 && at % width < 4);
      const whole = valueOf(branch, channel % 2, at, false);
      if (!(whole > 0)) continue;
      constrained++;
      t.true(valueOf(branch, channel % 2, at, true) > 0.3 * whole - 1e-6);
    }
    t.is(constrained, explanation.nodes.constrained);
    await t.throwsAsync(explainImage(model, picture, { preprocess: unscaled, topK: 65 }), {
      instanceOf: RangeError,
      message: /at most 64/,
    });
    model.dispose();
  });
}

test("Kim's network in Keras' own layout, channels last, has one first layer, too", async (t) => {
  const random = new Random(11);
  const specs: { name: string; shape: number[]; dtype: string }[] = [];
  const numbers: number[] = [];
  const weigh = (name: string, shape: number[]): Float32Array => {
    const { data } = random.tensor(shape);
    specs.push({ name, shape, dtype: 'float32' });
    numbers.push(...data);
    return data;
  };
  const layer = (class_name: string, name: string, config: object, from: string[]) => ({
    ...{ class_name, name, config: { name, ...config } },
    inbound_nodes: from.length === 0 ? [] : [from.map((one) => [one, 0, 0, {}])],
  });
  const layers = [
    layer('InputLayer', 'in', { batch_input_shape: [null, WORDS], dtype: 'int32' }, []),
    layer('Embedding', 'e', { input_dim: 12, output_dim: EMBEDDING }, ['in']),
  ];
  const table = weigh('e/embeddings', [12, EMBEDDING]);
  const input = { data: Float32Array.from({ length: WORDS }, (_, at) => 2 + at), shape: [1, WORDS] };
  const maxima = [2, 3, 4].flatMap((taps) => {
    const config = {
      filters: FILTERS,
      kernel_size: [taps],
      strides: [1],
      padding: 'valid',
      activation: 'relu',
    };
    layers.push(layer('Conv1D', `c${taps}`, config, ['e']));
    layers.push(layer('GlobalMaxPooling1D', `p${taps}`, {}, [`c${taps}`]));
    const kernel = weigh(`c${taps}/kernel`, [taps, EMBEDDING, FILTERS]);
    const bias = weigh(`c${taps}/bias`, [FILTERS]);
    return Array.from({ length: FILTERS }, (_, filter) => {
      let most = 0;
      for (let at = 0; at + taps <= WORDS; at++) {
        let sum = bias[filter];
        for (let tap = 0; tap < taps; tap++)
          for (let e = 0; e < EMBEDDING; e++)
            sum +=
              kernel[(tap * EMBEDDING + e) * FILTERS + filter] * table[input.data[at + tap] * EMBEDDING + e];
        most = Math.max(most, sum);
      }
      return most;
    });
  });
  layers.push(layer('Concatenate', 'all', { axis: -1 }, ['p2', 'p3', 'p4']));
  layers.push(layer('Dense', 'd', { units: 3, activation: 'linear' }, ['all']));
  const columns = weigh('d/kernel', [3 * FILTERS, 3]);
  const shift = weigh('d/bias', [3]);
  const want = [...shift].map((start, unit) =>
    maxima.reduce((sum, value, at) => sum + value * columns[at * 3 + unit], start),
  );
  const config = { name: 'kim', layers, input_layers: [['in', 0, 0]], output_layers: [['d', 0, 0]] };
  const folder = writeLayersModel(t, {
    json: {
      modelTopology: { keras_version: '2.11.0', model_config: { class_name: 'Functional', config } },
      weightsManifest: [{ paths: ['weights.bin'], weights: specs }],
    },
    weights: new Uint8Array(Float32Array.from(numbers).buffer),
  });
  const model = await loadModel(folder, { engine: 'reference' });
  const split = model.split('logit', new Map([[model.file.inputs[0].name, input.shape]]));
  t.deepEqual(split.activation, { op: 'relu' });
  t.like(split.layer, {
    kind: 'conv',
    inputShape: [EMBEDDING, WORDS],
    outputShape: [3 * FILTERS, WORDS - 1],
  });
  const activation = (await (await model.compile(split.front)).forward([input])).at(-1)!;
  const [{ data }] = await (await model.compile(split.tail)).forward([activation]);
  // Sums of some fifty float32 products.
  want.forEach((value, at) => t.true(Math.abs(data[at] - value) < 1e-4, `${data[at]}, ${value}`));
  const { certificate } = await explainText(model, 'the dull tale', { vocabulary, topK: 9 });
  t.is(certificate.status, 'optimal');
  model.dispose();
});
