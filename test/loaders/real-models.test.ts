import { referenceEngine } from '../../dist/engines/reference/engine.js';
import { isBatched } from '../../dist/graph/batch.js';
import { checkGraph } from '../../dist/graph/infer.js';
import { loadModel } from '../../dist/model/load-model.js';
import { sizeOf } from '../../dist/tensor.js';
import { sharedPath } from '../support/shared-data.js';
import { sharedData, testWith } from '../support/needs.js';

const shared = testWith(sharedData);

/** A fixed pattern, so that other frameworks can be asked about the same input. */
function pattern(shape: number[], scale: number) {
  const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => (((i * 37) % 64) / 32 - 1) * scale);
  return { data, shape };
}

function topFive(data: Float32Array): [number, number][] {
  return [...data.entries()].sort((a, b) => b[1] - a[1]).slice(0, 5);
}

interface Expectation {
  folder: string;
  layout: 'channels-first' | 'channels-last';
  input: number[];
  scale: number;
  layer: object;
  activation: object;
  prefix: string[];
  /** Class and probability, from the framework named. */
  topFive: [number, number][];
}

const models: Record<string, Expectation> = {
  // Probabilities from ONNX Runtime 1.32.0 on the CPU.
  'SqueezeNet 1.1 (ONNX)': {
    folder: 'squeezenet1.1',
    layout: 'channels-first',
    input: [1, 3, 227, 227],
    scale: 100,
    layer: {
      kind: 'conv',
      inputShape: [3, 227, 227],
      outputShape: [64, 113, 113],
      strides: [2, 2],
      pads: [0, 0, 0, 0],
    },
    activation: { op: 'relu' },
    prefix: [],
    topFive: [
      [904, 0.3962576],
      [545, 0.0299033],
      [489, 0.027657],
      [315, 0.0267922],
      [608, 0.0267739],
    ],
  },
  // Probabilities from TensorFlow.js 4.22.
  'MobileNet v1 0.25 (TensorFlow.js)': {
    folder: 'mobilenet_v1_0.25_224',
    layout: 'channels-last',
    input: [1, 224, 224, 3],
    scale: 1,
    layer: {
      kind: 'conv',
      inputShape: [3, 224, 224],
      outputShape: [8, 112, 112],
      strides: [2, 2],
      pads: [0, 0, 1, 1],
    },
    activation: { op: 'clip', min: 0, max: 6 },
    prefix: ['transpose'],
    topFive: [
      [854, 0.2683506],
      [905, 0.1056779],
      [716, 0.0464221],
      [794, 0.0417519],
      [753, 0.0384835],
    ],
  },
};

for (const [name, expected] of Object.entries(models))
  shared(
    `${name} loads, splits at its first layer and predicts what its own framework predicts`,
    async (t) => {
      const model = await loadModel(sharedPath('models', expected.folder), { engine: referenceEngine });
      t.is(model.file.layout, expected.layout);
      t.deepEqual(
        model.file.inputs.map(({ shape }) => shape.slice(1)),
        [expected.input.slice(1)],
      );
      const graph = model.graphFor(1);
      checkGraph(graph);
      t.true(isBatched(graph));

      const split = model.split('logit');
      t.like(split.layer, expected.layer);
      t.deepEqual(split.activation as object | null, expected.activation);
      t.deepEqual(
        split.prefix.nodes.map(({ op }) => op),
        expected.prefix,
      );
      t.is(split.classes, 1000);
      t.false(split.tail.nodes.some(({ op }) => op === 'softmax'));
      t.is(model.split('probability').tail.nodes.at(-1)?.op, 'softmax');

      const [probabilities] = await model.predict([pattern(expected.input, expected.scale)]);
      const found = topFive(probabilities.data);
      t.deepEqual(
        found.map(([index]) => index),
        expected.topFive.map(([index]) => index),
      );
      // Float32 sums in another order, through up to 28 layers.
      found.forEach(([, value], at) => t.true(Math.abs(value - expected.topFive[at][1]) < 1e-5));
      model.dispose();
    },
  );
