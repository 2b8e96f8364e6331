import { dirname } from 'node:path';
import { attributeInput } from '../explainers/attribute.js';
import { readModelImage } from '../explainers/explain-image.js';
import { settingsFor } from '../api/options.js';
import { writeNpy } from '../reports/npy.js';
import { prepareFolder } from '../reports/write-file.js';
import { ExitCode, type Command, type Invocation } from './command.js';
import { attributionOptionSpecs, attributionSettings, loadNamedModel, modelOptions } from './model-options.js';
import { Progress } from './progress.js';

export const attributeCommand: Command = {
  usage: 'INPUT --model M [options]',
  summary: "Scores the nodes of a model's first layer on one image, and says how exact the integral is.",
  inputs: [1, 1],
  options: {
    ...modelOptions,
    ...attributionOptionSpecs,
    out: { value: 'FILE.npy', help: "write the scores there, float32 in the model file's own layout" },
  },
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const [input] = invocation.inputs;
  const options = settingsFor(['attribute'], attributionSettings(invocation));
  const out = invocation.options.out;
  if (out !== undefined) await prepareFolder(dirname(out));
  const start = performance.now();
  const progress = new Progress();
  const model = await loadNamedModel(invocation);
  try {
    const { preprocess } = invocation.options;
    const { prepared, baselines, declarations } = await readModelImage(model, input, {
      ...options,
      preprocess,
    });
    const loaded = performance.now();
    const onProgress = ({ steps }: { steps?: number }) =>
      progress.update(`${input}: attribution, ${steps ?? 0} steps`);
    const { scores, target, ...rest } = await attributeInput(
      model,
      prepared.tensor,
      { ...options, onProgress },
      declarations.classNames,
      baselines,
    );
    const attributed = performance.now();
    progress.clear();
    if (out !== undefined) await writeNpy(out, scores.data, scores.shape);
    const method = options.attribution ?? 'integrated-gradients';
    const document = {
      input,
      model: model.file.source,
      target,
      attribution: { method, ...rest, shape: scores.shape },
      engine: model.engine.name,
      timing: {
        loadMs: loaded - start,
        attributionMs: attributed - loaded,
        totalMs: performance.now() - start,
      },
      files: out === undefined ? [] : [out],
    };
    if (invocation.json) process.stdout.write(`${JSON.stringify(document)}\n`);
    else {
      const error =
        rest.completenessError === null
          ? ''
          : `, completeness error ${(100 * rest.completenessError).toFixed(3)} %`;
      process.stdout.write(
        `${input}\n  class        ${target.label ?? target.index} (${(100 * target.confidence).toFixed(1)} %)\n` +
          `  attribution  ${method}, ${rest.steps} steps${error}\n  nodes        ${scores.shape.slice(1).join('×')}\n` +
          `  ran on       ${document.engine} engine, ${(document.timing.attributionMs / 1000).toFixed(2)} s\n` +
          document.files.map((file) => `  file         ${file}\n`).join(''),
      );
    }
    return ExitCode.done;
  } finally {
    model.dispose();
  }
}
