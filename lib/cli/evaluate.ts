import { join } from 'node:path';
import { option } from '../api/option.js';
import { imageMethodNames, type ImageMethodName } from '../api/options.js';
import { Type } from '../api/schema.js';
import { badOption } from '../errors.js';
import { evaluate } from '../evaluation/evaluate.js';
import { readLabels } from '../evaluation/labels.js';
import { evaluationTable, tableCsv, tableMarkdown } from '../evaluation/table.js';
import { prepareFolder, writeWholeFile } from '../reports/write-file.js';
import { ExitCode, type Command, type Invocation } from './command.js';
import { optionsFor } from './flags.js';
import { loadNamedModel, modelOption } from './model-option.js';
import { Progress } from './progress.js';

interface Own {
  model: string;
  labels: string;
  methods: string[];
  out: string;
}

export const evaluateCommand: Command<Own> = {
  usage: 'FOLDER --model M --labels FILE --out DIR [options]',
  summary:
    "Compares methods on a folder of labelled images: the paper's table (saliency metric, wins, sparsity, time) as table.json, .csv and .md. " +
    'Killed at any moment it goes on where it was when it is called again.',
  example:
    'photos --model models/squeezenet1.1 --labels labels.tsv --methods smug,smug-base,opt-box --out table',
  inputs: [1, 1],
  calls: ['load', 'explain', 'image', 'hide'],
  own: {
    model: modelOption,
    labels: option({
      schema: Type.String(),
      help: 'TSV or CSV with a header: file and class_index',
      calls: [],
      placeholder: 'FILE',
    }),
    methods: option({
      schema: Type.Array(Type.String()),
      help: `which, separated by commas: ${imageMethodNames.join(', ')} (default: all)`,
      calls: [],
      placeholder: 'NAMES',
    }),
    out: option({
      schema: Type.String(),
      help: 'the table and the journal go there',
      calls: [],
      placeholder: 'DIR',
    }),
  },
  required: ['model', 'labels', 'out'],
  run,
};

async function run(invocation: Invocation<Own>): Promise<number> {
  const { own, given, inputs, signal, json } = invocation;
  const methods = (own.methods ?? imageMethodNames) as ImageMethodName[];
  const unknown = methods.find((name) => !imageMethodNames.includes(name));
  if (unknown !== undefined) throw badOption('--methods', unknown, `some of ${imageMethodNames.join(', ')}`);
  const labels = await readLabels(own.labels);
  await prepareFolder(own.out);
  const model = await loadNamedModel(invocation);
  const progress = new Progress();
  try {
    const options = optionsFor(['explain', 'image', 'hide'], given);
    const images = await evaluate(model, inputs[0], labels, join(own.out, 'journal.jsonl'), {
      ...options,
      methods,
      signal,
      onImage: (done, total, left, { file }) =>
        progress.update(`${done} of ${total} images, ${left.toFixed()} s to go: ${file}`),
    });
    progress.clear();
    const table = evaluationTable(images, methods);
    await writeWholeFile(join(own.out, 'table.json'), `${JSON.stringify(table, null, 2)}\n`);
    await writeWholeFile(join(own.out, 'table.csv'), tableCsv(table));
    await writeWholeFile(join(own.out, 'table.md'), tableMarkdown(table));
    process.stdout.write(json ? `${JSON.stringify(table)}\n` : tableMarkdown(table));
    for (const { file, code, message } of table.failed) progress.log(`${file}: ${code}: ${message}`);
    return table.failed.length > 0 ? ExitCode.failed : ExitCode.done;
  } finally {
    progress.clear();
    model.dispose();
  }
}
