// Evidence of the image: what the rows ask, that nothing smaller does, and when it is chosen.
import test from 'ava';
import { explainImage } from '../../dist/index.js';
import { selectTopNodes } from '../../dist/attribution/select.js';
import { blankImage, viewBlank } from '../../dist/explainers/blank.js';
import { maskPixels } from '../../dist/masks/window-mask.js';
import { readModelImage } from '../../dist/model/model-image.js';
import type { Model } from '../../dist/model/model.js';
import type { Tensor } from '../../dist/tensor.js';
import { firstLayers, smallModel, smallPicture } from './models.js';

const preprocess = { do_resize: false, do_rescale: true, rescale_factor: 1 / 255, do_normalize: false };

/** W₁(D ⊙ M) of every node: what the first layer gives beyond the blank, on an input with the other pixels blank. */
async function told(model: Model, image: Tensor, blank: Tensor | null, shown: (pixel: number) => boolean) {
  // Linear before the activation: read the pre-activations of a model cut there.
  const split = model.split('probability', new Map([['x', [1, 1, 3, 4]]]));
  const { layer } = split;
  const prefix = await model.compile(split.prefix);
  const through = async (tensor: Tensor) => (await prefix.forward([tensor]))[0].data;
  const x = await through(image);
  const b = blank === null ? new Float32Array(12) : await through(blank);
  const d = x.map((value, at) => (shown(at) ? value - b[at] : 0));
  const count = layer.outputShape.reduce((a, c) => a * c, 1);
  return Float64Array.from({ length: count }, (_, node) => {
    if (layer.kind === 'dense')
      return d.reduce((sum, value, at) => sum + value * layer.weights.data[at * count + node], 0);
    const [channel, y, column] = [Math.floor(node / 6), Math.floor(node / 3) % 2, node % 3];
    let sum = 0;
    for (let ky = 0; ky < 2; ky++)
      for (let kx = 0; kx < 2; kx++)
        sum += d[(y + ky) * 4 + column + kx] * layer.weights.data[channel * 4 + ky * 2 + kx];
    return sum;
  });
}

for (const first of firstLayers) {
  for (const blankName of ['zero', 'mean', 'blur'] as const) {
    test(`${first}, blank ${blankName}: the smallest mask that keeps what the image tells, by brute force`, async (t) => {
      for (let round = 0; round < 6; round++) {
        const model = smallModel(first, 100 + round);
        const image = smallPicture(200 + round);
        const gamma = [0, 0.3, 0.8][round % 3];
        const topK = 1 + round;
        const options = {
          preprocess,
          evidence: 'image',
          blank: blankName,
          gamma,
          topK,
          output: 'logit',
        } as const;
        const explanation = await explainImage(model, image, options);
        t.like(explanation.parameters, { evidence: 'image', blank: blankName });
        t.is(explanation.certificate.status, 'optimal');

        const { prepared, baselines } = await readModelImage(model, image, { preprocess });
        const blank = await blankImage(blankName, model, prepared.tensor, baselines, { preprocess });
        const whole = await told(model, prepared.tensor, blank, () => true);
        const chosen = [...selectTopNodes(explanation.scores.data, topK)].filter(
          (node) => Math.abs(whole[node]) > 1e-9,
        );
        t.is(explanation.nodes.constrained, chosen.length);
        t.is(explanation.nodes.metByBlank, 0);
        const holds = async (mask: number) => {
          const kept = await told(model, prepared.tensor, blank, (pixel) => ((mask >> pixel) & 1) === 1);
          return chosen.every(
            (node) => kept[node] * Math.sign(whole[node]) > gamma * Math.abs(whole[node]) + 1e-12,
          );
        };
        const pixels = maskPixels(explanation.mask);
        t.true(await holds(pixels.reduce((bits, kept, at) => bits | (kept << at), 0)));
        let smallest = Infinity;
        for (let mask = 0; mask < 4096; mask++) {
          const size = [...mask.toString(2)].filter((bit) => bit === '1').length;
          if (size < smallest && (await holds(mask))) smallest = size;
        }
        t.is(explanation.mask.size, smallest, `k ${topK}, gamma ${gamma}`);
      }
    });
  }
}

test("attribution runs from the blank: complete between its output and the image's, exact where the tail is linear", async (t) => {
  for (const blankName of ['zero', 'mean'] as const) {
    const model = smallModel('conv', 7);
    const image = smallPicture(8);
    const options = { preprocess, evidence: 'image', blank: blankName, output: 'logit', topK: 24 } as const;
    const { scores, target } = await explainImage(model, image, options);
    const { prepared, baselines } = await readModelImage(model, image, { preprocess });
    const split = model.split('logit', new Map([['x', [1, 1, 3, 4]]]));
    const tensor = await blankImage(blankName, model, prepared.tensor, baselines, { preprocess });
    const blank = await viewBlank(model, split, tensor);
    const [activation] = await (await model.compile(split.front)).forward([prepared.tensor]);
    // Closed form: the tail is a dense layer, so a node is worth its weight times what it changed by.
    const tail = await model.compile(split.tail);
    const ends = await Promise.all([activation, blank.activation].map((a) => tail.forward([a])));
    const difference = ends[0][0].data[target.index] - ends[1][0].data[target.index];
    t.true(Math.abs(scores.data.reduce((a, b) => a + b, 0) - difference) < 1e-4);
    const { gradients } = await tail.gradient({ inputs: [activation], targets: [target.index] });
    scores.data.forEach((score, node) => {
      const exact = gradients.data[node] * (activation.data[node] - blank.activation.data[node]);
      t.true(Math.abs(score - exact) < 1e-5, `node ${node}: ${score}, not ${exact}`);
    });
  }
});

test('the mask keeps its promise when the masked picture goes through the first layer', async (t) => {
  // Without a ReLU what the front gives are the pre-activations themselves.
  for (const gamma of [0, 0.3, 0.8]) {
    const model = smallModel('conv, no ReLU', 11);
    const image = smallPicture(12);
    const options = {
      preprocess,
      evidence: 'image',
      blank: 'mean',
      output: 'logit',
      topK: 9,
      gamma,
    } as const;
    const explanation = await explainImage(model, image, options);
    const { prepared, baselines } = await readModelImage(model, image, { preprocess });
    const blank = (await blankImage('mean', model, prepared.tensor, baselines, { preprocess }))!;
    const front = await model.compile(model.split('logit', new Map([['x', [1, 1, 3, 4]]])).front);
    const given = async (data: Float32Array) =>
      (await front.forward([{ ...prepared.tensor, data }])).at(-1)!.data;
    const pixels = maskPixels(explanation.mask);
    const masked = prepared.tensor.data.map((value, at) => (pixels[at] ? value : blank.data[at]));
    const [whole, kept, hidden] = await Promise.all([prepared.tensor.data, masked, blank.data].map(given));
    const chosen = [...selectTopNodes(explanation.scores.data, 9)];
    t.true(chosen.length > 0);
    for (const node of chosen) {
      const evidence = whole[node] - hidden[node];
      const left = Math.sign(evidence) * (kept[node] - hidden[node]);
      t.true(left > gamma * Math.abs(evidence) - 1e-5, `node ${node}: ${left} of ${evidence}`);
    }
  }
});

test('attribution from the blank is the integral of finite differences along its path', async (t) => {
  const model = smallModel('conv', 21);
  const image = smallPicture(22);
  const options = { preprocess, evidence: 'image', blank: 'mean', output: 'probability', topK: 24 } as const;
  const { scores, target } = await explainImage(model, image, { ...options, tolerance: 1e-4, maxSteps: 200 });
  const { prepared, baselines } = await readModelImage(model, image, { preprocess });
  const split = model.split('probability', new Map([['x', [1, 1, 3, 4]]]));
  const tensor = await blankImage('mean', model, prepared.tensor, baselines, { preprocess });
  const from = (await viewBlank(model, split, tensor)).activation;
  const [to] = await (await model.compile(split.front)).forward([prepared.tensor]);
  const tail = await model.compile(split.tail);
  const probability = async (data: Float32Array) =>
    (await tail.forward([{ ...to, data }]))[0].data[target.index];
  const step = 1e-2;
  const points = 40;
  for (let node = 0; node < to.data.length; node++) {
    let sum = 0;
    for (let point = 0; point < points; point++) {
      const alpha = (point + 0.5) / points;
      const at = to.data.map((value, other) => from.data[other] + alpha * (value - from.data[other]));
      const moved = (by: number) => at.map((value, other) => (other === node ? value + by : value));
      sum += ((await probability(moved(step))) - (await probability(moved(-step)))) / (2 * step);
    }
    const expected = ((to.data[node] - from.data[node]) * sum) / points;
    // Single precision leaves 1e-7 / 1e-2 of a slope uncertain; the middle rule and the difference are of second order.
    t.true(Math.abs(scores.data[node] - expected) < 1e-4, `${node}: ${scores.data[node]}, not ${expected}`);
  }
});

test('zeros as a blank leave the biases, whatever comes before the layer', async (t) => {
  const model = smallModel('normalised inside', 3);
  const split = model.split('probability', new Map([['x', [1, 1, 3, 4]]]));
  const { x, activation } = await viewBlank(model, split, null);
  t.is(x, null);
  activation.data.forEach((value, node) => t.is(value, Math.max(0, split.layer.bias[Math.floor(node / 6)])));
});

test('auto: activation where the image is needed; the image where biases alone meet the rows, and a note says so', async (t) => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 24; seed++) {
    const model = smallModel(seed % 2 ? 'conv, batch norm' : 'conv', 300 + seed);
    const image = smallPicture(400 + seed);
    const common = { preprocess, topK: 4, output: 'logit' } as const;
    const activation = await explainImage(model, image, { ...common, evidence: 'activation' });
    const auto = await explainImage(model, image, common);
    const { metByBlank, constrained } = activation.nodes;
    const expected = metByBlank > 0.9 * constrained ? 'image' : 'activation';
    t.is(auto.parameters.evidence, expected, `${metByBlank} of ${constrained}`);
    t.is(
      auto.notes.some((note) => note.startsWith('Evidence of the image')),
      expected === 'image',
    );
    if (expected === 'activation') t.deepEqual(auto.mask, activation.mask);
    else if (auto.nodes.constrained > 0) t.true(auto.mask.size > 0);
    seen.add(expected);
  }
  t.is(seen.size, 2);
});

test('a blank of another shape or from nowhere is a clear error', async (t) => {
  const model = smallModel('conv', 1);
  await t.throwsAsync(explainImage(model, smallPicture(1), { preprocess, blank: 'nowhere.png' }), {
    code: 'FILE_NOT_FOUND',
  });
});
