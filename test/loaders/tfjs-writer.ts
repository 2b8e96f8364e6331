import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../support/temporary-folder.js';
import { ramp } from './onnx-writer.js';

export interface Spec {
  name: string;
  shape: number[];
  dtype: string;
  quantization?: object;
}

export interface LayersModel {
  json: { modelTopology: unknown; weightsManifest: unknown; [more: string]: unknown };
  weights: Uint8Array;
}

/** A Sequential of the given layers, each [class, config]. */
export function sequential(
  layers: [string, Record<string, unknown>][],
  specs: Spec[] = [],
  weights?: Uint8Array,
): LayersModel {
  const size = specs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return {
    json: {
      modelTopology: {
        keras_version: '2.11.0',
        model_config: {
          class_name: 'Sequential',
          config: {
            layers: layers.map(([class_name, config], at) => ({
              class_name,
              config: { name: `l${at}`, ...config },
            })),
          },
        },
      },
      weightsManifest: [{ paths: ['weights.bin'], weights: specs }],
    },
    weights: weights ?? new Uint8Array(Float32Array.from(ramp(size)).buffer),
  };
}

/** A small convolutional network. */
export function smallNetwork(): LayersModel {
  return sequential(
    [
      [
        'Conv2D',
        {
          batch_input_shape: [null, 6, 6, 2],
          filters: 3,
          kernel_size: [3, 3],
          activation: 'relu',
          padding: 'same',
        },
      ],
      ['BatchNormalization', { axis: [3], epsilon: 10 }],
      ['MaxPooling2D', { pool_size: [2, 2] }],
      ['Flatten', {}],
      ['Dense', { units: 2, activation: 'softmax' }],
    ],
    [
      { name: 'l0/kernel', shape: [3, 3, 2, 3], dtype: 'float32' },
      { name: 'l0/bias', shape: [3], dtype: 'float32' },
      ...['gamma', 'beta', 'moving_mean', 'moving_variance'].map((name) => ({
        name: `l1/${name}`,
        shape: [3],
        dtype: 'float32',
      })),
      { name: 'l4/kernel', shape: [27, 2], dtype: 'float32' },
      { name: 'l4/bias', shape: [2], dtype: 'float32' },
    ],
  );
}

/** Writes the model into a new folder, which goes away with the test. */
export function writeLayersModel(
  t: { teardown(fn: () => void): void },
  { json, weights }: LayersModel,
): string {
  const folder = temporaryFolder('layers', t);
  writeFileSync(join(folder, 'model.json'), JSON.stringify(json));
  writeFileSync(join(folder, 'weights.bin'), weights);
  return folder;
}
