import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { commandOptions, type OwnOptions } from '../api/command-options.js';
import { truthMetricNames } from '../api/image-metrics.js';
import {
  imageMethodNames,
  optionsOfImageMethods,
  optionsOfTextMethods,
  ratedMethodNames,
  usualImageMethodNames,
} from '../api/methods.js';
import { badOption, SmugError } from '../errors.js';
import { evaluate } from '../evaluation/evaluate.js';
import { evaluateTexts } from '../evaluation/evaluate-texts.js';
import { readTextFolder, readTextLines, textFiles, type LabelledText } from '../evaluation/labelled-texts.js';
import { readTrueBoxes } from '../evaluation/ground-truth/read-true-boxes.js';
import { readLabels, type Label } from '../evaluation/labels.js';
import { evaluationTable, tableCsv, tableMarkdown } from '../evaluation/table.js';
import { textTable, textTableCsv, textTableMarkdown } from '../evaluation/text-table.js';
import type { Model } from '../model/model.js';
import { prepareFolder, writeWholeFile } from '../reports/write-file.js';
import { UsageError, type Command, type Invocation } from './command.js';
import { optionsFor } from './flags.js';
import { loadNamedModel } from './load-named-model.js';
import { Progress } from './progress.js';
import { refuseOtherKind, refuseUnusedSettings } from './refuse-unused.js';
import { reportFailedFiles } from './report-failures.js';

type Own = OwnOptions<'evaluate', 'model' | 'out'>;

export const evaluateCommand: Command<Own> = {
  usage: 'FOLDER|TEXTS.jsonl --model M [--labels FILE] --out DIR [options]',
  summary:
    "Compares methods on a folder of labelled images: the paper's table (saliency metric, wins, sparsity, time) as table.json, .csv and .md. " +
    'Or on texts, a folder of .txt files or JSON Lines: sparsity, sufficiency, comprehensiveness, and agreement with what people marked. ' +
    'Killed at any moment it goes on where it was when it is called again.',
  example:
    'photos --model models/squeezenet1.1 --labels labels.tsv --methods smug,smug-base,opt-box --out table',
  inputs: [1, 1],
  runsLong: true,
  calls: ['load', 'explain', 'image', 'hide', 'encode', 'text', 'rate'],
  own: commandOptions.evaluate,
  required: ['model', 'out'],
  run,
};

/** A table as it is written, and what failed. */
interface Result {
  table: object & { failed: { file: string; code: string; message: string }[] };
  csv: string;
  markdown: string;
}

async function run(invocation: Invocation<Own>): Promise<number> {
  const { own, inputs, json } = invocation;
  const labels = own.labels === undefined ? null : await readLabels(own.labels);
  const texts = await textsOf(inputs[0], labels);
  if (texts === null && labels === null) throw new UsageError('--labels is required for images');
  refuseOtherKind(texts === null ? 'images' : 'texts', 'smug evaluate', invocation);
  const total = (texts ?? labels!).length;
  if (texts === null) await checkFolder(inputs[0]);
  const evaluateAll =
    texts === null ? imageEvaluation(invocation, labels!) : textEvaluation(invocation, texts);
  await prepareFolder(own.out);
  const model = await loadNamedModel(invocation);
  const progress = new Progress();
  try {
    const { table, csv, markdown } = await evaluateAll(model, (done, of, left, { file }) =>
      progress.update(`${done} of ${of}, ${left.toFixed()} s to go: ${file}`),
    );
    progress.clear();
    await writeWholeFile(join(own.out, 'table.json'), `${JSON.stringify(table, null, 2)}\n`);
    await writeWholeFile(join(own.out, 'table.csv'), csv);
    await writeWholeFile(join(own.out, 'table.md'), markdown);
    process.stdout.write(json ? `${JSON.stringify(table)}\n` : markdown);
    return reportFailedFiles('smug evaluate', table.failed, total, json);
  } finally {
    progress.clear();
    model.dispose();
  }
}

/**
 * Said once, and not as a failure of every image, which the journal would keep.
 * @throws SmugError FILE_NOT_FOUND
 */
async function checkFolder(folder: string): Promise<void> {
  const facts = await stat(folder).catch(() => null);
  if (!facts?.isDirectory())
    throw new SmugError(
      'FILE_NOT_FOUND',
      `${folder} is no folder; give the one that the files of the labels lie in.`,
    );
}

/** The texts that are meant; null where it is images. */
async function textsOf(input: string, labels: readonly Label[] | null): Promise<LabelledText[] | null> {
  if (/\.(jsonl|ndjson)$/i.test(input)) {
    if (labels !== null)
      throw new UsageError('the lines of a JSON Lines file have their own class_index; leave --labels out');
    return readTextLines(input);
  }
  if (labels !== null) return /\.txt$/i.test(labels[0].file) ? readTextFolder(input, labels) : null;
  return (await textFiles(input)).length > 0 ? readTextFolder(input, null) : null;
}

type Evaluation = (
  model: Model,
  onDone: (done: number, total: number, left: number, one: { file: string }) => void,
) => Promise<Result>;

function imageEvaluation(invocation: Invocation<Own>, labels: readonly Label[]): Evaluation {
  const { own, given, inputs, signal } = invocation;
  const methods = methodsOf(own.methods, imageMethodNames) ?? [
    ...usualImageMethodNames,
    ...(own.truth === undefined ? [] : (['ground-truth'] as const)),
  ];
  const { metrics = [] } = own;
  const needing = [...methods, ...metrics].find((name) =>
    ['ground-truth', ...truthMetricNames].includes(name as string),
  );
  if (needing !== undefined && own.truth === undefined)
    throw new UsageError(`${needing} needs --truth: where the objects of the images are`);
  // A metric may use what no method does.
  if (metrics.length === 0) refuseUnusedSettings(optionsOfImageMethods, methods, 'smug evaluate', invocation);
  const options = optionsFor(['explain', 'image', 'hide', 'encode'], given);
  return async (model, onImage) => {
    const truth = own.truth === undefined ? undefined : await readTrueBoxes(own.truth);
    const asked = { ...options, methods, metrics, truth, retry: own.retry, signal, onImage };
    const images = await evaluate(model, inputs[0], labels, join(own.out, 'journal.jsonl'), asked);
    const table = evaluationTable(images, methods, metrics);
    return { table, csv: tableCsv(table), markdown: tableMarkdown(table) };
  };
}

function textEvaluation(invocation: Invocation<Own>, texts: readonly LabelledText[]): Evaluation {
  const { own, given, signal } = invocation;
  if (own.metrics !== undefined) throw new UsageError('--metrics is of images; texts have one table');
  if (own.truth !== undefined)
    throw new UsageError('--truth is of images; what people marked in texts stands beside them');
  const methods = methodsOf(own.methods, ratedMethodNames) ?? ratedMethodNames;
  // By blankWord the table's columns blank words, whatever the method.
  const { blankWord: _column, ...ofMethods } = given;
  refuseUnusedSettings(optionsOfTextMethods, methods, 'smug evaluate', { ...invocation, given: ofMethods });
  const options = optionsFor(['explain', 'text', 'rate'], given);
  return async (model, onText) => {
    const asked = { ...options, methods, retry: own.retry, signal, onText };
    const table = textTable(
      await evaluateTexts(model, texts, join(own.out, 'journal.jsonl'), asked),
      methods,
    );
    return { table, csv: textTableCsv(table), markdown: textTableMarkdown(table) };
  };
}

/**
 * The methods asked for, of images or of texts.
 * @throws RangeError that names --methods
 */
function methodsOf<Name extends string>(
  asked: readonly string[] | undefined,
  known: readonly Name[],
): readonly Name[] | undefined {
  const other = asked?.find((name) => !(known as readonly string[]).includes(name));
  if (other !== undefined) throw badOption('--methods', other, `some of ${known.join(', ')}`);
  return asked as readonly Name[] | undefined;
}
