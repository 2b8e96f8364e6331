/**
 * Reads the operator tests that the ONNX project publishes (Debian: libonnx-testdata): folders with a model,
 * its inputs and the outputs it must give.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { modelTable, tensorTable, type OnnxModel, type OnnxTensor } from '../../dist/loaders/onnx/schema.js';
import { readTensor } from '../../dist/loaders/onnx/tensors.js';
import { decodeMessage } from '../../dist/loaders/onnx/wire.js';
import { toFloat32 } from '../../dist/loaders/host-tensor.js';
import type { Tensor } from '../../dist/tensor.js';

export interface OnnxCase {
  name: string;
  modelPath: string;
  /** Operators the model uses, with their domain where it is not ONNX's own. */
  operators: string[];
  sets: { inputs: Tensor[]; outputs: Tensor[] }[];
}

/** A case that holds something else than tensors of numbers. */
export interface UnreadableCase {
  name: string;
  operators: string[];
  reason: string;
}

/** The folder `data` of the ONNX tests, or undefined where they are not installed. */
export function onnxTestFolder(): string | undefined {
  if (process.env.SMUG_ONNX_TESTDATA) return process.env.SMUG_ONNX_TESTDATA;
  try {
    const files = execFileSync('dpkg', ['-L', 'libonnx-testdata'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return files.split('\n').find((line) => line.endsWith('/data') && existsSync(join(line, 'node')));
  } catch {
    return undefined;
  }
}

/** Cases of one group ('node', 'pytorch-converted', 'pytorch-operator', 'simple'), in alphabetical order. */
export function* onnxCases(folder: string, group: string): Generator<OnnxCase | UnreadableCase> {
  for (const name of readdirSync(join(folder, group)).sort()) yield readCase(join(folder, group, name), name);
}

function readCase(folder: string, name: string): OnnxCase | UnreadableCase {
  const modelPath = join(folder, 'model.onnx');
  const model = decodeMessage<OnnxModel>(readFileSync(modelPath), modelTable, modelPath);
  const nodes = model.graph?.nodes ?? [];
  const operators = [...new Set(nodes.map(({ type, domain }) => (domain ? `${domain}.${type}` : `${type}`)))];
  try {
    const sets = readdirSync(folder)
      .filter((entry) => entry.startsWith('test_data_set_'))
      .map((entry) => ({
        inputs: readAll(join(folder, entry), 'input'),
        outputs: readAll(join(folder, entry), 'output'),
      }));
    return { name, modelPath, operators, sets };
  } catch (error) {
    return { name, operators, reason: (error as Error).message };
  }
}

function readAll(folder: string, kind: 'input' | 'output'): Tensor[] {
  const numbers = readdirSync(folder).flatMap((file) => {
    const match = file.match(/^(input|output)_(\d+)\.pb$/);
    return match?.[1] === kind ? [Number(match[2])] : [];
  });
  return numbers
    .sort((a, b) => a - b)
    .map((number) => {
      const path = join(folder, `${kind}_${number}.pb`);
      const tensor = decodeMessage<OnnxTensor>(readFileSync(path), tensorTable, path);
      return toFloat32(readTensor(tensor, path, () => new Uint8Array()));
    });
}
