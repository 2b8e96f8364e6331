import { type ExecutionContext } from 'ava';
import type { Engine } from '../../dist/engines/engine.js';
import { SmugError } from '../../dist/errors.js';
import { loadModelFile } from '../../dist/loaders/load-model-file.js';
import { operators } from '../../dist/loaders/onnx/operators/index.js';
import { Model } from '../../dist/model/model.js';
import { onnxCases, onnxTestFolder, type OnnxCase } from '../support/onnx-cases.js';

// As in onnx-conformance.test.ts, where the same cases run on the reference engine.
const RTOL = 1e-4;
const ATOL = 1e-5;
const RTOL_FLOAT16 = 2 ** -11;

/** Every ONNX operator test that is in scope gives the published outputs on this engine; at least 300 are. */
export async function onnxOperatorTests(t: ExecutionContext, engine: Engine): Promise<void> {
  const folder = onnxTestFolder()!;
  let passed = 0;
  const failures: string[] = [];
  for (const group of ['node', 'pytorch-converted', 'pytorch-operator', 'simple'] as const) {
    for (const one of onnxCases(folder, group)) {
      const outcome = 'reason' in one ? undefined : await run(one, engine);
      if (outcome === 'passed') passed++;
      else if (outcome !== undefined) failures.push(`${one.name}: ${outcome}`);
    }
  }
  t.log(`${passed} passed`);
  t.deepEqual(failures, []);
  t.true(passed >= 300, `only ${passed} tests were in scope`);
}

/** 'passed', why it failed, or undefined for what is out of scope here as on the reference engine. */
async function run(one: OnnxCase, engine: Engine): Promise<string | undefined> {
  const tensors = one.sets.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]);
  if (!one.operators.every((operator) => operators.has(operator)) || one.name.includes('BFLOAT16')) return;
  if (tensors.some(({ data }) => data.length === 0 || !data.every(Number.isFinite))) return;
  const rtol = one.name.includes('_to_FLOAT16') ? RTOL_FLOAT16 : RTOL;
  let model: Model | undefined;
  try {
    model = new Model(await loadModelFile(one.modelPath), engine);
    for (const { inputs, outputs } of one.sets) {
      const results = await model.predict(inputs);
      for (const [at, { data, shape }] of results.entries()) {
        const right = outputs[at];
        if (shape.join() !== right.shape.join()) return `shape [${shape}] instead of [${right.shape}]`;
        const wrong = data.findIndex(
          (x, i) => !(Math.abs(x - right.data[i]) <= ATOL + rtol * Math.abs(right.data[i])),
        );
        if (wrong >= 0) return `${data[wrong]} instead of ${right.data[wrong]} at ${wrong}`;
      }
    }
    return 'passed';
  } catch (error) {
    const outside =
      error instanceof SmugError && ['UNSUPPORTED_OPERATOR', 'UNSUPPORTED_MODEL'].includes(error.code);
    if (outside && !error.message.includes(`${engine.name} engine`) && !error.message.includes('oneDNN'))
      return;
    return error instanceof Error ? error.message : String(error);
  } finally {
    model?.dispose();
  }
}
