import type { ExecutionContext } from 'ava';
import { chooseEngine } from '../dist/engines/choose-engine.js';
import type { Engine } from '../dist/engines/engine.js';
import { SmugError } from '../dist/errors.js';
import { loadModelFile } from '../dist/loaders/load-model-file.js';
import { operators } from '../dist/loaders/onnx/operators/index.js';
import { Model } from '../dist/model/model.js';
import type { Tensor } from '../dist/tensor.js';
import { onnxCases, onnxTestFolder, type OnnxCase } from './support/onnx-cases.js';
import { cpuAddon, onnxTestData, testWith } from './support/needs.js';

// The ONNX back-end test compares with rtol 1e-3; ours is stricter, atol covers float32 sums near zero.
const RTOL = 1e-4;
const ATOL = 1e-5;

// Half-precision values are computed in float32, so a cast to float16 is not rounded: half a unit of its 11 bits.
const RTOL_FLOAT16 = 2 ** -11;

type Outcome = { kind: 'passed' } | { kind: 'failed'; why: string } | { kind: 'out of scope'; why: string };

/** Groups of ONNX's tests, and how many must be in scope at least: a check that nothing drops out unseen. */
const groups = [
  ['node', 230],
  ['pytorch-converted', 60],
  ['pytorch-operator', 15],
  ['simple', 4],
] as const;

for (const name of ['reference', 'tfjs', 'cpu'] as const)
  testWith(onnxTestData, ...(name === 'cpu' ? [cpuAddon] : []))(
    `the ${name} engine gives the published outputs of ONNX's operator tests`,
    async (t) => {
      const folder = onnxTestFolder()!;
      const { engine } = await chooseEngine(name);
      for (const [group, atLeast] of groups) await runGroup(t, engine, folder, group, atLeast);
    },
  );

async function runGroup(
  t: ExecutionContext,
  engine: Engine,
  folder: string,
  group: string,
  atLeast: number,
): Promise<void> {
  let passed = 0;
  const failures: string[] = [];
  const outOfScope = new Map<string, string[]>();
  for (const one of onnxCases(folder, group)) {
    const outcome: Outcome =
      'reason' in one ? { kind: 'out of scope', why: 'not tensors of numbers' } : await run(one, engine);
    if (outcome.kind === 'passed') passed++;
    else if (outcome.kind === 'failed') failures.push(`${one.name}: ${outcome.why}`);
    else outOfScope.set(outcome.why, [...(outOfScope.get(outcome.why) ?? []), one.name]);
  }
  t.log(
    `${group}: ${passed + failures.length} ran, ${passed} passed, ${[...outOfScope.values()].flat().length} out of scope`,
  );
  // The list of what is out of scope depends on the loader alone: one engine prints it.
  if (engine.name === 'reference')
    for (const [why, names] of [...outOfScope].sort())
      t.log(`  ${why}: ${names.length > 3 ? `${names.length} tests` : names.join(', ')}`);
  t.deepEqual(failures, []);
  t.true(passed >= atLeast, `${group}: ${passed} tests passed, at least ${atLeast} are in scope`);
}

async function run(one: OnnxCase, engine: Engine): Promise<Outcome> {
  const unknown = one.operators.filter((operator) => !operators.has(operator));
  if (unknown.length > 0) return { kind: 'out of scope', why: `operator ${unknown.join(', ')}` };
  const tensors = one.sets.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]);
  // ONNX 1.12 stores these inputs as something else than the bits of bfloat16.
  if (one.name.includes('BFLOAT16')) return { kind: 'out of scope', why: 'bfloat16 casts' };
  if (tensors.some(({ data }) => data.length === 0)) return { kind: 'out of scope', why: 'empty tensors' };
  if (tensors.some(({ data }) => !data.every(Number.isFinite)))
    return { kind: 'out of scope', why: 'values that float32 cannot hold' };
  const rtol = one.name.includes('_to_FLOAT16') ? RTOL_FLOAT16 : RTOL;
  let model: Model | undefined;
  try {
    model = new Model(await loadModelFile(one.modelPath), engine);
    for (const { inputs, outputs } of one.sets) {
      const results = await model.predict(inputs);
      const why = results
        .map((result, at) => difference(result, outputs[at], rtol))
        .find((found) => found !== undefined);
      if (why !== undefined) return { kind: 'failed', why };
    }
    return { kind: 'passed' };
  } catch (error) {
    if (
      error instanceof SmugError &&
      (error.code === 'UNSUPPORTED_OPERATOR' || error.code === 'UNSUPPORTED_MODEL')
    )
      return { kind: 'out of scope', why: error.message.replace(/^node '[^']*' |^.*\.onnx /i, '') };
    return { kind: 'failed', why: error instanceof Error ? error.message : String(error) };
  } finally {
    model?.dispose();
  }
}

function difference(result: Tensor, expected: Tensor, rtol: number): string | undefined {
  if (result.shape.join() !== expected.shape.join())
    return `shape [${result.shape}] instead of [${expected.shape}]`;
  for (let i = 0; i < expected.data.length; i++)
    if (!(Math.abs(result.data[i] - expected.data[i]) <= ATOL + rtol * Math.abs(expected.data[i])))
      return `${result.data[i]} instead of ${expected.data[i]} at ${i}`;
  return undefined;
}
