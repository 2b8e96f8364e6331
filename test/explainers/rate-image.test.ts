// Methods beside SMUG, each against its definition on a small network.
import test from 'ava';
import { explainImage, rateImage } from '../../dist/index.js';
import { usualImageMethodNames } from '../../dist/api/methods.js';
import { shapesOfInput } from '../../dist/model/sole-input.js';
import { normalSource } from '../../dist/explainers/image/normal-numbers.js';
import { resizeBilinear } from '../../dist/input/resize-map.js';
import { readModelImage } from '../../dist/model/model-image.js';
import { convolutionModel, picture as image, unscaled as preprocess } from './models.js';

const options = { preprocess, topK: 20, gamma: 0.3 };

test('every method rates every pixel, for one class', async (t) => {
  const model = convolutionModel();
  const targets = new Set<number>();
  // But what people say, which nobody has said of this one, and the full encoding, which may keep nothing.
  for (const method of usualImageMethodNames) {
    const { scores, kept, target, height, width, seconds } = await rateImage(model, image, method, {
      preprocess,
    });
    t.deepEqual([height, width, scores.length], [7, 9, 63], method);
    t.true(scores.every((score) => Number.isFinite(score)) && scores.some((score) => score > 0), method);
    if (kept) t.is(kept.length, 63);
    t.true(seconds > 0);
    targets.add(target.index);
  }
  t.is(targets.size, 1);
});

test('smug is explainImage; smug-base is what it hides nothing of', async (t) => {
  const model = convolutionModel();
  const explanation = await explainImage(model, image, options);
  const rated = await rateImage(model, image, 'smug', options);
  t.deepEqual(rated.scores, explanation.saliency);
  t.is(
    rated.kept!.reduce((a, b) => a + b, 0),
    explanation.mask.size,
  );
  t.deepEqual((await rateImage(model, image, 'smug-base', options)).scores, explanation.baseSaliency);
});

test('gradients are finite differences of the probability', async (t) => {
  const model = convolutionModel();
  const { prepared } = await readModelImage(model, image, { preprocess });
  const { scores, target } = await rateImage(model, image, 'gradients', { preprocess });
  const network = await model.compile(model.explained('probability', shapesOfInput(model, prepared.tensor)));
  const at = async (place: number, step: number) => {
    const data = prepared.tensor.data.slice();
    data[place] += step;
    return (await network.forward([{ ...prepared.tensor, data }]))[0].data[target.index];
  };
  for (const pixel of [0, 17, 40, 62]) {
    let sum = 0;
    for (let channel = 0; channel < 3; channel++) {
      const place = channel * 63 + pixel;
      sum += Math.abs(((await at(place, 2e-3)) - (await at(place, -2e-3))) / 4e-3);
    }
    t.true(
      Math.abs(sum - scores[pixel]) < 0.02 * Math.max(0.01, scores[pixel]) + 1e-3,
      `${pixel}: ${sum} ${scores[pixel]}`,
    );
  }
});

test('grad-cam is its formula', async (t) => {
  const model = convolutionModel();
  const { prepared } = await readModelImage(model, image, { preprocess });
  const { scores, target } = await rateImage(model, image, 'grad-cam', { preprocess });
  const graph = model.explained('probability', shapesOfInput(model, prepared.tensor));
  const layer = graph.nodes.find(({ op }) => op === 'conv')!.output;
  const network = await model.compile(graph);
  const inputs = [prepared.tensor];
  const [maps] = await network.forward(inputs, { wanted: [layer] });
  const { gradients } = await network.gradient({ inputs, at: layer, targets: [target.index] });
  const map = Float32Array.from({ length: 20 }, (_, place) => {
    let value = 0;
    for (let channel = 0; channel < 6; channel++) {
      const own = gradients.data.slice(channel * 20, channel * 20 + 20);
      value += (own.reduce((a, b) => a + b, 0) / 20) * maps.data[channel * 20 + place];
    }
    return Math.max(0, value);
  });
  const enlarged = resizeBilinear(map, { height: 4, width: 5 }, { height: 7, width: 9 });
  enlarged.forEach((value, pixel) => t.true(Math.abs(value - scores[pixel]) < 1e-6));
});

test('a plane is enlarged bilinearly between the middles of its pixels', (t) => {
  // PyTorch: interpolate([[0, 1]], size=(1, 4), mode='bilinear', align_corners=False).
  t.deepEqual(
    [...resizeBilinear(Float32Array.of(0, 1), { height: 1, width: 2 }, { height: 1, width: 4 })],
    [0, 0.25, 0.75, 1],
  );
  t.deepEqual(
    [...resizeBilinear(Float32Array.of(1, 2, 3, 4), { height: 2, width: 2 }, { height: 2, width: 2 })],
    [1, 2, 3, 4],
  );
});

test('normal numbers: mean 0, deviation 1, the same for a seed', (t) => {
  const next = normalSource(3);
  const drawn = Array.from({ length: 20_000 }, next);
  const mean = drawn.reduce((a, b) => a + b) / drawn.length;
  t.true(Math.abs(mean) < 0.03);
  t.true(Math.abs(Math.sqrt(drawn.reduce((a, b) => a + (b - mean) ** 2, 0) / drawn.length) - 1) < 0.03);
  t.is(normalSource(3)(), drawn[0]);
});

test('integrated gradients of the pixels are complete; black and white together see both ends', async (t) => {
  const model = convolutionModel();
  const black = await rateImage(model, image, 'integrated-gradients', { preprocess });
  t.true(black.completenessError! <= 0.01);
  const both = await rateImage(model, image, 'integrated-gradients-black-white', { preprocess });
  t.true(both.completenessError! <= 0.01);
  t.true(both.steps! >= black.steps!);
});
