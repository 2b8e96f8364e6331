import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { referenceEngine } from '../../dist/engines/reference/engine.js';
import { checkGraph } from '../../dist/graph/infer.js';
import { simplify } from '../../dist/graph/simplify.js';
import { loadModel } from '../../dist/model/load-model.js';
import type { Tensor } from '../../dist/tensor.js';
import { temporaryFolder } from '../support/temporary-folder.js';

interface Packed {
  shape: number[];
  data: string;
}

interface Fixture {
  name: string;
  modelTopology: unknown;
  weightSpecs: { name: string; shape: number[]; dtype: string }[];
  weights: string;
  input: Packed;
  output: Packed;
}

// Made by TensorFlow.js itself: see tfjs-fixtures/generate.mjs.
const fixtures = JSON.parse(
  readFileSync(new URL('tfjs-fixtures/layers.json', import.meta.url), 'utf8'),
) as Fixture[];

function unpack({ shape, data }: Packed): Tensor {
  const bytes = Buffer.from(data, 'base64');
  return {
    shape,
    data: new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)),
  };
}

for (const fixture of fixtures)
  test(`a model computes what TensorFlow.js computes: ${fixture.name}`, async (t) => {
    const folder = temporaryFolder('tfjs', t);
    const weightsManifest = [{ paths: ['weights.bin'], weights: fixture.weightSpecs }];
    writeFileSync(
      join(folder, 'model.json'),
      JSON.stringify({ modelTopology: fixture.modelTopology, weightsManifest }),
    );
    writeFileSync(join(folder, 'weights.bin'), Buffer.from(fixture.weights, 'base64'));
    const model = await loadModel(folder, { engine: referenceEngine });
    const graph = model.file.instantiate(new Map());
    checkGraph(graph);
    checkGraph(simplify(graph));
    const expected = unpack(fixture.output);
    const [result] = await model.predict([unpack(fixture.input)]);
    t.deepEqual(result.shape, expected.shape);
    // Both sum in float32, in another order.
    const worst = Math.max(
      ...expected.data.map((value, i) => Math.abs(value - result.data[i]) / (1 + Math.abs(value))),
    );
    t.true(worst < 1e-5, `differs by ${worst}`);
    model.dispose();
  });
