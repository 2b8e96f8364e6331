/**
 * Writes layers.json: small TensorFlow.js layers models with random weights, inputs and the outputs that
 * TensorFlow.js itself computes. Run it where @tensorflow/tfjs 4.22 is installed (the package does not need it):
 *
 *   npm install --prefix /tmp/tfjs @tensorflow/tfjs@4.22.0
 *   node test/loaders/tfjs-fixtures/generate.mjs /tmp/tfjs
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const tf = createRequire(join(process.argv[2] ?? '.', 'x.js'))('@tensorflow/tfjs');
await tf.setBackend('cpu');
const { layers } = tf;

// A small seeded generator: fixtures are the same on every run.
let state = 12345;
function random() {
  state = (Math.imul(state, 1103515245) + 12345) >>> 0;
  return state / 2 ** 32;
}
const values = (size, from = -1, to = 1) =>
  Float32Array.from({ length: size }, () => from + (to - from) * random());

const sequential = (...list) => tf.sequential({ layers: list });
const functional = (shape, build) => {
  const input = tf.input({ shape });
  return tf.model({ inputs: input, outputs: build(input) });
};
const image = [9, 8, 3];

const models = {
  'conv2d valid, strides 2': () =>
    sequential(
      layers.conv2d({ inputShape: image, filters: 4, kernelSize: 3, strides: 2, activation: 'relu' }),
    ),
  'conv2d same, strides 2, even kernel': () =>
    sequential(
      layers.conv2d({
        inputShape: image,
        filters: 2,
        kernelSize: [4, 2],
        strides: 2,
        padding: 'same',
        useBias: false,
      }),
    ),
  'conv2d same, dilated': () =>
    sequential(
      layers.conv2d({ inputShape: image, filters: 2, kernelSize: 3, dilationRate: 2, padding: 'same' }),
    ),
  'conv1d same': () =>
    sequential(
      layers.conv1d({
        inputShape: [11, 4],
        filters: 3,
        kernelSize: 4,
        strides: 2,
        padding: 'same',
        activation: 'tanh',
      }),
    ),
  'depthwise and separable': () =>
    sequential(
      layers.depthwiseConv2d({
        inputShape: image,
        kernelSize: 3,
        depthMultiplier: 2,
        padding: 'same',
        strides: 2,
      }),
      layers.separableConv2d({
        filters: 5,
        kernelSize: 3,
        depthMultiplier: 2,
        padding: 'same',
        activation: 'elu',
      }),
    ),
  'batch normalization, rank 2 and 4': () =>
    sequential(
      layers.conv2d({ inputShape: image, filters: 4, kernelSize: 3 }),
      layers.batchNormalization({ epsilon: 0.01 }),
      layers.reLU({ maxValue: 6 }),
      layers.globalAveragePooling2d({}),
      layers.batchNormalization({ scale: false }),
      layers.dense({ units: 3, activation: 'softmax' }),
    ),
  'pooling 2d, same': () =>
    sequential(
      layers.maxPooling2d({ inputShape: image, poolSize: 3, strides: 2, padding: 'same' }),
      layers.averagePooling2d({ poolSize: 2, strides: 1, padding: 'same' }),
    ),
  'pooling 1d': () =>
    sequential(
      layers.maxPooling1d({ inputShape: [13, 2], poolSize: 3, strides: 2, padding: 'same' }),
      layers.averagePooling1d({ poolSize: 2, padding: 'same' }),
      layers.globalMaxPooling1d({}),
    ),
  'global maximum and average': () =>
    functional(image, (x) =>
      layers
        .concatenate()
        .apply([layers.globalMaxPooling2d({}).apply(x), layers.globalAveragePooling2d({}).apply(x)]),
    ),
  'flatten and dense': () =>
    sequential(
      layers.conv2d({ inputShape: image, filters: 2, kernelSize: 3 }),
      layers.flatten(),
      layers.dense({ units: 4, activation: 'sigmoid' }),
    ),
  'flatten of the input': () =>
    sequential(
      layers.flatten({ inputShape: image }),
      layers.dense({ units: 4, activation: 'relu' }),
      layers.dense({ units: 2 }),
    ),
  'dense on sequences': () =>
    sequential(
      layers.dense({ inputShape: [5, 4], units: 3 }),
      layers.conv1d({ filters: 2, kernelSize: 2 }),
      layers.flatten(),
    ),
  merging: () =>
    functional(image, (x) => {
      const a = layers.conv2d({ filters: 3, kernelSize: 1 }).apply(x);
      const b = layers.conv2d({ filters: 3, kernelSize: 1 }).apply(x);
      const sum = layers.add().apply([a, b, x]);
      const product = layers.multiply().apply([a, b]);
      const mean = layers.average().apply([a, b, sum]);
      return layers.concatenate({ axis: -1 }).apply([sum, product, mean]);
    }),
  'concatenate along height': () =>
    functional(image, (x) =>
      layers.concatenate({ axis: 1 }).apply([x, layers.conv2d({ filters: 3, kernelSize: 1 }).apply(x)]),
    ),
  'padding, cropping, upsampling': () =>
    sequential(
      layers.zeroPadding2d({
        inputShape: image,
        padding: [
          [1, 2],
          [0, 3],
        ],
      }),
      layers.upSampling2d({ size: [2, 3] }),
      layers.cropping2D({
        cropping: [
          [2, 1],
          [4, 0],
        ],
      }),
    ),
  'reshape and permute': () =>
    sequential(
      layers.conv2d({ inputShape: image, filters: 4, kernelSize: 2 }),
      layers.permute({ dims: [3, 1, 2] }),
      layers.reshape({ targetShape: [-1, 7] }),
      layers.permute({ dims: [2, 1] }),
    ),
  embedding: () =>
    sequential(
      layers.embedding({ inputDim: 10, outputDim: 4, inputLength: 7 }),
      layers.spatialDropout1d?.({ rate: 0.2 }) ?? layers.dropout({ rate: 0.2 }),
      layers.conv1d({ filters: 3, kernelSize: 3, activation: 'relu' }),
      layers.globalMaxPooling1d({}),
      layers.dense({ units: 1, activation: 'sigmoid' }),
    ),
  activations: () =>
    sequential(
      layers.conv2d({ inputShape: image, filters: 4, kernelSize: 1, activation: 'hardSigmoid' }),
      layers.conv2d({ filters: 4, kernelSize: 1, activation: 'softplus' }),
      layers.leakyReLU({ alpha: 0.1 }),
      layers.conv2d({ filters: 4, kernelSize: 1, activation: 'selu' }),
      layers.conv2d({ filters: 4, kernelSize: 1, activation: 'swish' }),
      layers.elu({}),
      layers.activation({ activation: 'relu6' }),
      layers.prelu({}),
      layers.softmax({ axis: -1 }),
    ),
  'prelu with shared axes': () =>
    sequential(
      layers.conv2d({ inputShape: image, filters: 4, kernelSize: 1 }),
      layers.prelu({ sharedAxes: [1, 2] }),
    ),
  rescaling: () =>
    sequential(
      layers.rescaling({ inputShape: image, scale: 1 / 127.5, offset: -1 }),
      layers.conv2d({ filters: 2, kernelSize: 3 }),
    ),
  'nested and shared layers': () => {
    const inner = sequential(
      layers.conv2d({ inputShape: image, filters: 3, kernelSize: 3, padding: 'same' }),
      layers.reLU(),
    );
    return functional(image, (x) => layers.add().apply([inner.apply(x), inner.apply(inner.apply(x))]));
  },
};

const fixtures = [];
for (const [name, build] of Object.entries(models)) {
  tf.engine().startScope();
  const model = build();
  model.setWeights(
    model.weights.map((weight) => {
      const low = weight.name.includes('variance') ? 0.5 : -0.6;
      return tf.tensor(
        values(
          weight.shape.reduce((a, b) => a * b, 1),
          low,
          low + 1.2,
        ),
        weight.shape,
      );
    }),
  );
  const shape = [2, ...model.inputs[0].shape.slice(1)];
  const size = shape.reduce((a, b) => a * b, 1);
  const data = name === 'embedding' ? values(size, 0, 10).map(Math.floor) : values(size, -2, 2);
  const output = model.predict(tf.tensor(data, shape));
  let saved;
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => ((saved = artifacts), { modelArtifactsInfo: {} })),
  );
  fixtures.push({
    name,
    modelTopology: saved.modelTopology,
    weightSpecs: saved.weightSpecs,
    weights: Buffer.from(saved.weightData).toString('base64'),
    input: { shape, data: Buffer.from(data.buffer).toString('base64') },
    output: { shape: output.shape, data: Buffer.from((await output.data()).buffer).toString('base64') },
  });
  tf.engine().endScope();
}
writeFileSync(new URL('layers.json', import.meta.url), JSON.stringify(fixtures, null, 1) + '\n');
console.log(`${fixtures.length} models`);
