import { dirname } from 'node:path';
import { commandOptions, type OwnOptions } from '../api/command-options.js';
import { attributeImage, type ImageAttribution } from '../explainers/attribute-image.js';
import type { ExplainProgress } from '../explainers/options.js';
import { writeNpy } from '../reports/npy.js';
import { targetInWords } from '../reports/plain-words.js';
import { prepareFolder } from '../reports/write-file.js';
import { ExitCode, type Command, type Invocation } from './command.js';
import { optionsFor } from './flags.js';
import { loadNamedModel } from './load-named-model.js';
import { Progress, progressText } from './progress.js';

type Own = OwnOptions<'attribute', 'model'>;

export const attributeCommand: Command<Own> = {
  usage: 'INPUT --model M [options]',
  summary: "Scores the nodes of a model's first layer on one image, and says how exact the integral is.",
  example: 'examples/digits/3.png --model builtin:mnist-cnn --out scores.npy',
  inputs: [1, 1],
  calls: ['load', 'attribute', 'image'],
  own: commandOptions.attribute,
  required: ['model'],
  run,
};

async function run(invocation: Invocation<Own>): Promise<number> {
  const [input] = invocation.inputs;
  const { out } = invocation.own;
  if (out !== undefined) await prepareFolder(dirname(out));
  const progress = new Progress();
  const model = await loadNamedModel(invocation);
  try {
    const attribution = await attributeImage(model, input, {
      ...optionsFor(['attribute', 'image'], invocation.given),
      signal: invocation.signal,
      onProgress: (step: ExplainProgress) => progress.update(`${input}: ${progressText(step)}`),
    }).finally(() => progress.clear());
    if (out !== undefined) {
      await writeNpy(out, attribution.scores.data, attribution.scores.shape);
      attribution.files.push(out);
    }
    process.stdout.write(invocation.json ? `${JSON.stringify(attribution)}\n` : attributionText(attribution));
    return ExitCode.done;
  } finally {
    model.dispose();
  }
}

function attributionText({
  input,
  target,
  attribution,
  notes,
  engine,
  timing,
  files,
}: ImageAttribution): string {
  const { method, steps, completenessError, shape } = attribution;
  const error =
    completenessError === null ? '' : `, completeness error ${(100 * completenessError).toFixed(3)} %`;
  return (
    `${input}\n  explained    ${targetInWords(target)}\n` +
    `  attribution  ${method}, ${steps} steps${error}\n  nodes        ${shape.slice(1).join('×')}\n` +
    `  ran on       ${engine} engine, ${(timing.attributionMs / 1000).toFixed(2)} s\n` +
    notes.map((note) => `  note         ${note}\n`).join('') +
    files.map((file) => `  file         ${file}\n`).join('')
  );
}
