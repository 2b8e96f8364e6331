// The networks of the attribution benchmark: their tails, and activations of the first layer to start from.
import { join } from 'node:path';
import { root } from '../../scripts/native-deps.mjs';
import { nsfwModel, samplePhotographs, shared } from '../networks/packaged-models.mjs';
import { googleNet } from './googlenet.mjs';

const library = (path) => import(join(root, 'dist', path));

/** Every loader takes an engine and a number of inputs; returns { tail, activations, about }. */
export const models = {
  'SqueezeNet 1.1': (engine, count) => fromFile(join(shared, 'models', 'squeezenet1.1'), engine, count),
  'MobileNet 0.25': (engine, count) =>
    fromFile(join(shared, 'models', 'mobilenet_v1_0.25_224'), engine, count),
  GoogLeNet: async (engine, count) => {
    const { splitNetwork } = await library('graph/split-network.js');
    return drawn(splitNetwork(await googleNet(), 'probability'), engine, count);
  },
  'Inception v3': async (engine, count) => {
    return fromFile(await nsfwModel('inception_v3', 299), engine, count);
  },
};

/** A model file with preprocessing beside it, on the sample photographs. */
async function fromFile(folder, engine, count) {
  const { loadModel } = await library('model/load-model.js');
  const { decodeImage } = await library('input/decode.js');
  const { preprocessImage } = await library('input/preprocess.js');
  const { findDeclarations, requirePreprocessor } = await library('input/declarations.js');
  const model = await loadModel(folder, { engine });
  const declarations = await findDeclarations(model.file.path ?? folder, {});
  const preprocessor = requirePreprocessor(declarations, folder);
  const photographs = await samplePhotographs(count);
  const { front, tail } = model.split('probability');
  const network = await engine.compile(front);
  const activations = [];
  for (const photograph of photographs) {
    const picture = await decodeImage(photograph);
    const { shape } = model.file.inputs[0];
    const { tensor } = await preprocessImage(picture, preprocessor, { shape, layout: model.file.layout });
    activations.push((await network.forward([tensor])).at(-1));
  }
  network.dispose();
  return { tail, activations, about: `${count} sample photographs` };
}

/** Smooth random pictures through the first layer, for networks without photographs of their own. */
async function drawn({ front, tail }, engine, count) {
  const network = await engine.compile(front);
  const shape = [...front.shapes.get(front.inputs[0])];
  const activations = [];
  for (let i = 0; i < count; i++) {
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    const width = shape.at(-1) > 4 ? shape.at(-1) : shape.at(-2);
    for (let j = 0; j < data.length; j++) {
      const x = (j % width) / width;
      const y = Math.floor(j / width) / width;
      data[j] = Math.sin(3 * x + i) + Math.cos(5 * y * (1 + i)) + 0.3 * Math.sin(40 * x * y + i);
    }
    activations.push((await network.forward([{ data, shape }])).at(-1));
  }
  network.dispose();
  return { tail, activations, about: `${count} drawn pictures` };
}
