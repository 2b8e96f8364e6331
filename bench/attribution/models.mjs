// The networks of the attribution benchmark: their tails, and activations of the first layer to start from.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../scripts/native-deps.mjs';
import { googleNet } from './googlenet.mjs';

const run = promisify(execFile);
const library = (path) => import(join(root, 'dist', path));
export const environment = join(root, '.bench-env');
const shared = process.env.SMUG_SHARED ?? join(root, '..', 'shared');

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
    return fromFile(await nsfwFolder(), engine, count);
  },
};

/** A model file with preprocessing beside it, on the sample photographs. */
async function fromFile(folder, engine, count) {
  const { loadModel } = await library('load-model.js');
  const { decodeImage } = await library('input/decode.js');
  const { preprocessImage } = await library('input/preprocess.js');
  const { findDeclarations, requirePreprocessor } = await library('input/declarations.js');
  const model = await loadModel(folder, { engine });
  const declarations = await findDeclarations(model.file.path ?? folder, {});
  const preprocessor = requirePreprocessor(declarations, folder);
  const pictures = join(shared, 'images', 'imagenet-sample');
  const files = (await readdir(pictures)).filter((name) => name.endsWith('.jpg')).sort();
  const every = Math.floor(files.length / count);
  const { front, tail } = model.split('probability');
  const network = await engine.compile(front);
  const activations = [];
  for (let i = 0; i < count; i++) {
    const picture = await decodeImage(join(pictures, files[i * every]));
    const { shape } = model.file.inputs[0];
    const { tensor } = preprocessImage(picture, preprocessor, { shape, layout: model.file.layout });
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

/** The Inception v3 inside the npm package nsfwjs, fetched once into .bench-env. */
async function nsfwFolder() {
  const packageFolder = join(environment, 'npm', 'node_modules', 'nsfwjs');
  if (!existsSync(packageFolder)) {
    const target = join(environment, 'npm');
    await mkdir(target, { recursive: true });
    await run('npm', [
      'install',
      '--no-save',
      '--ignore-scripts',
      '--legacy-peer-deps',
      '--prefix',
      target,
      'nsfwjs@4.2.1',
    ]);
  }
  const target = join(environment, 'inception-v3');
  await mkdir(target, { recursive: true });
  // As nsfwjs itself prepares a picture for this model.
  const preprocessor = {
    do_resize: true,
    size: { height: 299, width: 299 },
    resample: 2,
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: false,
  };
  await writeFile(join(target, 'preprocessor_config.json'), JSON.stringify(preprocessor));
  // The package keeps model.json and its shards as scripts: an object, and base64 strings.
  if (!existsSync(join(target, 'model.json'))) {
    const require = createRequire(import.meta.url);
    const scripts = join(packageFolder, 'dist', 'models', 'inception_v3');
    const contentOf = (name) => {
      const exported = require(join(scripts, `${name}.min.js`));
      return exported.default ?? exported;
    };
    const topology = contentOf('model');
    for (const { paths } of topology.weightsManifest) {
      for (const path of paths) await writeFile(join(target, path), Buffer.from(contentOf(path), 'base64'));
    }
    await writeFile(join(target, 'model.json'), JSON.stringify(topology));
  }
  return target;
}
