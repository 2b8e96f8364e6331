import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Engine } from '../../dist/engines/engine.js';
import type { Graph } from '../../dist/graph/graph.js';
import { findDeclarations, requirePreprocessor } from '../../dist/input/declarations.js';
import { decodeImage } from '../../dist/input/decode.js';
import { preprocessImage } from '../../dist/input/preprocess.js';
import { loadModel } from '../../dist/model/load-model.js';
import type { Tensor } from '../../dist/tensor.js';
import { sharedPath } from '../support/shared-data.js';

/**
 * What a model's first layer tells its tail about every `count`-th part of the sample photographs.
 * @param folder of the model, from the shared ones
 */
export async function photographed(
  folder: string,
  engine: Engine,
  count: number,
): Promise<{ tail: Graph; activations: Tensor[] }> {
  const source = resolve(sharedPath('models'), folder);
  const model = await loadModel(source, { engine });
  const { front, tail } = model.split('probability');
  const place = model.file.path ?? source;
  const preprocessor = requirePreprocessor(await findDeclarations(place, {}), place);
  const pictures = sharedPath('images', 'imagenet-sample');
  const files = (await readdir(pictures)).filter((name) => name.endsWith('.jpg')).sort();
  const network = await engine.compile(front);
  const activations: Tensor[] = [];
  for (let i = 0; i < count; i++) {
    const picture = await decodeImage(join(pictures, files[Math.floor((i * files.length) / count)]));
    const { shape } = model.file.inputs[0];
    const { tensor } = await preprocessImage(picture, preprocessor, { shape, layout: model.file.layout });
    activations.push((await network.forward([tensor])).at(-1)!);
  }
  network.dispose();
  return { tail, activations };
}
