// ResNet-18 (He et al. 2015) of random weights, made by torchvision and written by PyTorch's exporter.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { environment, modelFolder } from './packaged-models.mjs';

const run = promisify(execFile);
const requirements = ['torch==2.15.0', 'torchvision==0.29.2', 'onnx==1.23.2', 'onnxscript==0.7.2'];

/** The folder with model.onnx; on first use an environment of a few gigabytes is made from PyPI. */
export async function resNet18() {
  const target = await modelFolder('resnet18-torchvision', {
    do_resize: true,
    size: { shortest_edge: 256 },
    do_center_crop: true,
    crop_size: { height: 224, width: 224 },
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: [0.485, 0.456, 0.406],
    image_std: [0.229, 0.224, 0.225],
  });
  const file = join(target, 'model.onnx');
  if (existsSync(file)) return target;
  const python = join(environment, 'torchvision', 'bin', 'python');
  const options = { maxBuffer: 2 ** 26 };
  if (!existsSync(python)) await run('python3', ['-m', 'venv', join(environment, 'torchvision')]);
  await run(
    python,
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...requirements],
    options,
  );
  const script = join(dirname(fileURLToPath(import.meta.url)), 'resnet18.py');
  await run(python, [script, `${file}.part`], options);
  await rename(`${file}.part`, file);
  return target;
}
