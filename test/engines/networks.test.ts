import { readFileSync } from 'node:fs';
import { referenceEngine } from '../../dist/engines/reference/engine.js';
import { createTfjsEngine } from '../../dist/engines/tfjs/engine.js';
import type { Graph, Node } from '../../dist/graph/graph.js';
import { decodeImage } from '../../dist/input/decode.js';
import { preprocessImage } from '../../dist/input/preprocess.js';
import { readPreprocessor } from '../../dist/input/preprocessor.js';
import { loadModel } from '../../dist/model/load-model.js';
import type { Model } from '../../dist/model/model.js';
import type { Tensor } from '../../dist/tensor.js';
import { sharedPath } from '../support/shared-data.js';
import { relativeError } from './agreement.js';
import { Random } from '../support/random.js';
import { sharedData, testWith } from '../support/needs.js';

const shared = testWith(sharedData);

const photographs = ['n01440764_tench.jpg', 'n01484850_great_white_shark.jpg'];
const engine = await createTfjsEngine({ threads: 2 });

const folders = {
  SqueezeNet: ['squeezenet1.1', 'channels-first'],
  MobileNet: ['mobilenet_v1_0.25_224', 'channels-last'],
} as const;

async function photograph(name: keyof typeof folders, model: Model, file: string): Promise<Tensor> {
  const [folder, layout] = folders[name];
  const declared = JSON.parse(readFileSync(sharedPath('models', folder, 'preprocessor_config.json'), 'utf8'));
  const picture = await decodeImage(sharedPath('images', 'imagenet-sample', file));
  const { shape } = model.file.inputs[0];
  const { tensor } = await preprocessImage(picture, readPreprocessor(declared), { shape, layout });
  return tensor;
}

function largest(values: ArrayLike<number>, count: number): number[] {
  return Array.from(values, (_, i) => i)
    .sort((a, b) => values[b] - values[a] || a - b)
    .slice(0, count);
}

for (const [name, [folder]] of Object.entries(folders) as [keyof typeof folders, readonly string[]][]) {
  shared(`${name}: tfjs and the reference give the same classes and explanations`, async (t) => {
    const path = sharedPath('models', folder);
    const models = await Promise.all(
      [engine, referenceEngine].map((one) => loadModel(path, { engine: one })),
    );
    for (const file of photographs) {
      const x = await photograph(name, models[0], file);
      const [[own], [right]] = await Promise.all(models.map((model) => model.predict([x])));
      const error = relativeError(own.data, right.data);
      t.log(`${file}: class scores differ by ${error.toExponential(1)}`);
      // Twenty-eight layers of float32, and a softmax that multiplies the logits' errors by their size.
      t.true(error < 1e-4);
      t.deepEqual(largest(own.data, 1), largest(right.data, 1));
    }
    // The tail's gradient at its input for one photograph, on the activations of the first layer.
    const x = await photograph(name, models[1], photographs[0]);
    const { prefix, layer, activate, tail } = models[1].split('probability');
    const front = layer.kind === 'conv' ? convolution(prefix, layer, activate) : activate;
    const [a] = await (await referenceEngine.compile(front)).forward([x]);
    const networks = await Promise.all([engine.compile(tail), referenceEngine.compile(tail)]);
    const [output] = await networks[0].forward([a]);
    const target = largest(output.data, 1)[0];
    const [own, right] = await Promise.all(
      networks.map((network) => network.gradient({ inputs: [a], targets: [target] })),
    );
    t.true(Math.abs(own.values[0] - right.values[0]) < 1e-5);
    const error = relativeError(own.gradients.data, right.gradients.data);
    t.log(`gradients differ by ${error.toExponential(1)}`);
    // Rounding alone would give 1e-6. But of a million ReLUs and maxima a few stand within rounding of their
    // kink, and each that falls on the other side changes all gradients before it; see the test without kinks.
    t.true(error < 5e-2);
    const scores = [own, right].map(({ gradients }) => gradients.data.map((g, i) => g * a.data[i]));
    const chosen = new Set(largest(scores[0], 3000));
    const shared = largest(scores[1], 3000).filter((i) => chosen.has(i)).length;
    t.true(shared >= 2997, `top 3000 share ${shared}`);
    for (const model of models) model.dispose();
    networks[0].dispose();
  });
}

for (const [name, [folder]] of Object.entries(folders)) {
  shared(`${name} without kinks: gradients agree to rounding`, async (t) => {
    const model = await loadModel(sharedPath('models', folder), { engine });
    const { tail } = model.split('logit');
    const smooth = {
      ...tail,
      nodes: tail.nodes.map((node): Node => {
        if (node.op === 'relu' || node.op === 'clip') return { ...node, op: 'softplus' };
        if (node.op === 'maxPool') return { ...node, op: 'averagePool', countIncludePad: false };
        return node;
      }),
    };
    const shape = [...tail.shapes.get(tail.inputs[0])!];
    const data = new Random(1).uniform(shape, 0, 6).data;
    const [own, right] = await Promise.all(
      [engine, referenceEngine].map(async (one) =>
        (await one.compile(smooth)).gradient({ inputs: [{ data, shape }], targets: [7] }),
      ),
    );
    // Float32 rounding, 6e-8, through fifty to eighty operations forward and back.
    t.true(relativeError(own.gradients.data, right.gradients.data) < 1e-5);
    t.true(relativeError(own.values, right.values) < 1e-5);
    model.dispose();
  });
}

/** prefix → the split's first layer → activation, as one graph to run. */
function convolution(
  prefix: Graph,
  layer: {
    weights: Tensor;
    bias: Float32Array;
    strides: number[];
    pads: number[];
    dilations: number[];
    groups: number;
    outputShape: number[];
  },
  activate: Graph,
): Graph {
  const constants = new Map([...prefix.constants, ...activate.constants]);
  constants.set('W₁', layer.weights).set('b₁', { data: layer.bias, shape: [layer.bias.length] });
  const shapes = new Map([...prefix.shapes, ...activate.shapes]);
  for (const [name, tensor] of constants) shapes.set(name, tensor.shape);
  const [o] = activate.inputs;
  const { strides, pads, dilations, groups } = layer;
  const inputs = [prefix.outputs[0], 'W₁', 'b₁'];
  const node: Node = { op: 'conv', strides, pads, dilations, groups, name: 'first', inputs, output: o };
  return {
    inputs: prefix.inputs,
    outputs: activate.outputs,
    nodes: [...prefix.nodes, node, ...activate.nodes],
    constants,
    shapes,
  };
}
