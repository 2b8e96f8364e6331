import test from 'ava';
import { attribute, explainImage } from '../../dist/index.js';
import { GraphBuilder } from '../../dist/graph/builder.js';
import { fileLayout } from '../../dist/explainers/file-layout.js';
import type { FirstLayer } from '../../dist/graph/split.js';
import { convolutionModel, modelOf } from './models.js';

const input = {
  data: Float32Array.from({ length: 189 }, (_, at) => ((at * 37) % 100) / 100),
  shape: [1, 3, 7, 9],
};

/** x (2 values) → relu(W₁x + b₁) (2 nodes) → W₂a + b₂ (2 classes, logits). */
function smallModel(first: number[] = [1, 2, -1, 1]) {
  const graph = new GraphBuilder();
  const constant = (name: string, data: number[], shape: number[]) =>
    graph.constant(name, { data: Float32Array.from(data), shape });
  const x = graph.input('x', [1, 2]);
  const o = graph.add(
    { op: 'dense' },
    [x, constant('w1', first, [2, 2]), constant('b1', [0.5, 0], [2])],
    'first',
  );
  const a = graph.add({ op: 'relu' }, [o], 'relu');
  const z = graph.add(
    { op: 'dense' },
    [a, constant('w2', [1, -2, 3, 0.5], [2, 2]), constant('b2', [0.25, -1], [2])],
    'second',
  );
  return modelOf(graph.finish([z]));
}

test('the logit of a network that is linear behind its first layer: weight times activation', async (t) => {
  // a = relu([1·3 − 1·1 + 0.5, 2·3 + 1·1]) = [2.5, 7]; the weights of class 1 are [−2, 0.5].
  const result = await attribute(smallModel(), [{ data: Float32Array.of(3, 1), shape: [1, 2] }], {
    target: 1,
    output: 'logit',
  });
  t.deepEqual(result.scores.shape, [1, 2]);
  t.true(Math.abs(result.scores.data[0] + 5) < 1e-5);
  t.true(Math.abs(result.scores.data[1] - 3.5) < 1e-5);
  t.true(result.completenessError! < 1e-6);
  t.deepEqual([result.target.index, result.target.label], [1, null]);
  // Softmax of the logits [23.75, −2.5].
  t.true(Math.abs(result.target.confidence - 1 / (1 + Math.exp(26.25))) < 1e-12);
});

test('the predicted class is the default, steps are exact, and the result is the same every time', async (t) => {
  const model = convolutionModel(3);
  const [prediction] = await model.predict([input]);
  const first = await attribute(model, [input], { steps: 11 });
  t.is(first.steps, 11);
  t.is(prediction.data[first.target.index], Math.max(...prediction.data));
  t.true(Math.abs(first.target.confidence - Math.max(...prediction.data)) < 1e-6);
  t.deepEqual(await attribute(model, [input], { steps: 11 }), first);
});

test('scores come in the layout of the model file', (t) => {
  const layer = { kind: 'conv', outputShape: [2, 2, 3] } as FirstLayer;
  const scores = Float32Array.from({ length: 12 }, (_, at) => at);
  t.deepEqual(fileLayout('channels-first', layer, scores), { data: scores, shape: [1, 2, 2, 3] });
  const last = fileLayout('channels-last', layer, scores);
  t.deepEqual(last.shape, [1, 2, 3, 2]);
  t.deepEqual([...last.data], [0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11]);
});

test('weights that are not finite end in an error that says so', async (t) => {
  for (const bad of [NaN, Infinity]) {
    const model = smallModel([bad, 2, -1, 1]);
    await t.throwsAsync(attribute(model, [{ data: Float32Array.of(3, 1), shape: [1, 2] }]), {
      code: 'ENGINE_FAILED',
      message: /finite/,
    });
  }
});

test('methods with image baselines need an image, and explainImage gives them one', async (t) => {
  const model = convolutionModel(3);
  await t.throwsAsync(attribute(model, [input], { attribution: 'blurred-gradients' }), {
    code: 'BAD_OPTION',
    message: /image/,
  });
  const image = { width: 9, height: 7, channels: 3 as const, data: input.data.map((value) => value * 255) };
  const preprocess = { do_resize: false, do_rescale: true, rescale_factor: 1 / 255, do_normalize: false };
  const explanation = await explainImage(model, image, { attribution: 'blurred-gradients', preprocess });
  t.is(explanation.attribution.steps, 50);
});
