// Models of one output stand for two classes: predicted as explained.
import test from 'ava';
import { GraphBuilder } from '../../dist/graph/builder.js';
import { explainImage, explainText, loadModel, predictImage, predictText } from '../../dist/index.js';
import type { Model } from '../../dist/model/model.js';
import { modelOf, picture, unscaled as preprocess } from '../explainers/models.js';

/** A picture of 9×7 pixels → conv → ReLU → one score, through a sigmoid where there is one. */
function oneOutput(bias: number, sigmoid: boolean): Model {
  const graph = new GraphBuilder();
  const constant = (name: string, shape: number[], value: (at: number) => number) =>
    graph.constant(name, {
      data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, at) => value(at)),
      shape,
    });
  const x = graph.input('x', [1, 3, 7, 9]);
  const conv = graph.add(
    { op: 'conv', strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1 },
    [x, constant('w', [2, 3, 3, 3], (at) => Math.sin(at)), constant('b', [2], () => 0.1)],
    'conv',
  );
  const flat = graph.add(
    { op: 'reshape', shape: [1, 126] },
    [graph.add({ op: 'relu' }, [conv], 'relu')],
    'flat',
  );
  const weights = constant('v', [126, 1], (at) => Math.cos(at) / 8);
  const z = graph.add({ op: 'dense' }, [flat, weights, constant('c', [1], () => bias)], 'z');
  return modelOf(graph.finish([sigmoid ? graph.add({ op: 'sigmoid' }, [z], 'p') : z]));
}

const classNames = ['other', 'cat'];
const options = { preprocess, classNames };

test('a sigmoid p gives 1 − p and p, and the best class is the one that is explained', async (t) => {
  const labels = new Set<string | null>();
  for (const bias of [-3, 3]) {
    const model = oneOutput(bias, true);
    const { predictions } = await predictImage(model, picture, options);
    t.is(predictions.length, 2);
    t.true(Math.abs(predictions[0].confidence + predictions[1].confidence - 1) < 1e-6);
    t.true(predictions[0].confidence > 0.5);
    const { target } = await explainImage(model, picture, { ...options, topK: 5 });
    t.is(predictions[0].index, target.index);
    t.is(predictions[0].label, target.label);
    t.true(Math.abs(predictions[0].confidence - target.confidence) < 1e-6);
    labels.add(target.label);
    const { predictions: nameless } = await predictImage(model, picture, { preprocess });
    t.deepEqual(
      nameless.map(({ index, label }) => ({ index, label })),
      predictions.map(({ index }) => ({ index, label: null })),
    );
  }
  t.deepEqual([...labels].sort(), [...classNames].sort());
});

test('any other output is a value as it stands, and with two names a logit z: −z and z', async (t) => {
  for (const bias of [-3, 3]) {
    const model = oneOutput(bias, false);
    const [alone, ...others] = (await predictImage(model, picture, { preprocess })).predictions;
    t.deepEqual(others, []);
    t.is(alone.index, 0);
    const { predictions } = await predictImage(model, picture, options);
    t.is(predictions[0].label, alone.confidence > 0 ? 'cat' : 'other');
    t.deepEqual(
      predictions.map(({ confidence }) => confidence),
      [Math.abs(alone.confidence), -Math.abs(alone.confidence)],
    );
  }
});

test('a text is predicted as it is explained', async (t) => {
  const model = await loadModel('builtin:reviews-cnn');
  for (const [text, label] of [
    ['a wonderful film', 'positive'],
    ['a dull, slow film', 'negative'],
  ]) {
    const [best, other] = (await predictText(model, text)).predictions;
    const { target } = await explainText(model, text);
    t.is(best.label, label);
    t.is(target.label, label);
    t.true(Math.abs(best.confidence - target.confidence) < 1e-6);
    t.true(Math.abs(best.confidence + other.confidence - 1) < 1e-6);
  }
  model.dispose();
});
