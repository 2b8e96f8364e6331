import { join } from 'node:path';
import { commandOptions, type OwnOptions } from '../api/command-options.js';
import { sweepImages, sweptSettings, type SweepProgress } from '../evaluation/sweep.js';
import { sweepCsv, sweepDocument, sweepMarkdown } from '../evaluation/sweep-table.js';
import { terminalSafe } from '../reports/escape.js';
import { prepareFolder, writeWholeFile } from '../reports/write-file.js';
import type { Command, Invocation } from './command.js';
import { optionsFor } from './flags.js';
import { expandInputs } from './input-files.js';
import { loadNamedModel } from './load-named-model.js';
import { Progress } from './progress.js';
import { reportFailedFiles } from './report-failures.js';

type Own = OwnOptions<'sweep', 'model' | 'out'>;

export const sweepCommand: Command<Own> = {
  usage: 'INPUT... --model M --top-k K,K --gamma G,G --out DIR [options]',
  summary:
    'Explains images under every combination of top-k, gamma and window: size, share kept, saliency metric, whether the class is kept, time and ' +
    'proof, per image and as means per setting, in sweep.json, .csv and .md. Killed at any moment it goes on where it was when it is called again.',
  example: 'examples/digits --model builtin:mnist-cnn --top-k 100,400 --gamma 0,0.5 --out swept',
  inputs: [1, Infinity],
  runsLong: true,
  calls: ['load', 'explain', 'image', 'hide'],
  own: commandOptions.sweep,
  required: ['model', 'out'],
  run,
};

async function run(invocation: Invocation<Own>): Promise<number> {
  const { own, inputs, given, json, signal } = invocation;
  const settings = sweptSettings(own);
  // A file that is named twice is swept once.
  const files = [...new Set(await expandInputs(inputs))];
  await prepareFolder(own.out);
  const model = await loadNamedModel(invocation);
  const progress = new Progress();
  try {
    const images = await sweepImages(model, files, settings, join(own.out, 'journal.jsonl'), {
      ...optionsFor(['explain', 'image', 'hide'], given),
      retry: own.retry,
      signal,
      onProgress: (state) => progress.update(terminalSafe(progressText(state))),
    });
    progress.clear();
    const document = sweepDocument(model.file.source, images, settings);
    const markdown = sweepMarkdown(document);
    await writeWholeFile(join(own.out, 'sweep.json'), `${JSON.stringify(document, null, 2)}\n`);
    await writeWholeFile(join(own.out, 'sweep.csv'), sweepCsv(document));
    await writeWholeFile(join(own.out, 'sweep.md'), markdown);
    process.stdout.write(json ? `${JSON.stringify(document)}\n` : markdown);
    return reportFailedFiles('smug sweep', document.failed, files.length, json);
  } finally {
    progress.clear();
    model.dispose();
  }
}

function progressText({ file, images, settings, secondsLeft }: SweepProgress): string {
  const left = secondsLeft === null ? '' : `, ${secondsLeft.toFixed()} s to go`;
  return `${images.done} of ${images.total} images, ${settings.done} of ${settings.total} settings${left}: ${file}`;
}
