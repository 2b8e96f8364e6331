import { commandOptions } from '../api/command-options.js';
import { optionsOfImageMethods, optionsOfTextMethods } from '../api/methods.js';
import type { ExplainProgress } from '../explainers/options.js';
import { terminalSafe } from '../reports/escape.js';
import { outputNames } from '../reports/file-names.js';
import { ContactSheet } from '../reports/contact-sheet.js';
import { prepareFolder } from '../reports/write-file.js';
import { UsageError, type Command, type Invocation } from './command.js';
import { explainLines } from './explain-lines.js';
import { explainOne, type Outcome, type Own } from './explain-one.js';
import { inOrder } from './in-order.js';
import { expandInputs } from './input-files.js';
import { refuseOtherKind, refuseUnusedSettings } from './refuse-unused.js';
import { reportFailures } from './report-failures.js';
import { loadNamedModel } from './load-named-model.js';
import { Progress, progressText } from './progress.js';
import { isText, pathOf } from './text-lines.js';

export const explainCommand: Command<Own> = {
  usage: 'INPUT... --model M [options]',
  summary:
    'Explains images (files or folders of PNG, JPEG, WebP) or texts (.txt, - for standard input, or the text itself in quotes). Finds the smallest part of each input that ' +
    "keeps what the network's first layer tells the rest about the class.",
  example: 'examples/digits/3.png --model builtin:mnist-cnn --gamma 0.5 --out smug-out',
  inputs: [1, Infinity],
  calls: ['load', 'explain', 'image', 'hide', 'text', 'rate', 'encode', 'write'],
  own: commandOptions.explain,
  required: ['model'],
  run,
};

async function run(invocation: Invocation<Own>): Promise<number> {
  const { out, jobs, lines, truth, contactSheet } = invocation.own;
  if (truth !== undefined && (lines || out === undefined))
    throw new UsageError('--truth is of one text, and shows on its page: give --out, and not --lines');
  if (lines && contactSheet !== undefined)
    throw new UsageError('--contact-sheet is of images, --lines of texts');
  if (lines) {
    refuseOtherKind('texts', 'smug explain', invocation);
    refuseUnusedOf(true, invocation);
    return runLines(invocation);
  }
  const inputs = await expandInputs(invocation.inputs);
  const kinds = new Set(inputs.map(isText));
  if (contactSheet !== undefined && (!kinds.has(false) || invocation.own.method !== 'smug'))
    throw new UsageError('--contact-sheet is of images that are explained by smug');
  if (kinds.size === 1) refuseOtherKind(kinds.has(true) ? 'texts' : 'images', 'smug explain', invocation);
  for (const text of kinds) refuseUnusedOf(text, invocation);
  if (truth !== undefined && (inputs.length > 1 || !isText(inputs[0])))
    throw new UsageError('--truth needs one text, a .txt file or - for standard input');
  if (out !== undefined) await prepareFolder(out);
  const names = outputNames(inputs.map(pathOf));
  const model = await loadNamedModel(invocation);
  const progress = new Progress();
  const sheet = contactSheet === undefined ? undefined : new ContactSheet(contactSheet);
  const outcomes: Outcome[] = [];
  try {
    const explain = (input: string, at: number) => {
      const place = inputs.length > 1 ? `[${at + 1}/${inputs.length}] ` : '';
      const onProgress = (step: ExplainProgress) =>
        progress.update(`${place}${terminalSafe(input)}: ${progressText(step)}`);
      return explainOne(model, input, { ...invocation, onProgress }, names[at]);
    };
    for await (const { outcome, text, row } of inOrder(inputs, jobs, invocation.signal, explain)) {
      outcomes.push(outcome);
      if (row !== undefined) await sheet?.add(row);
      progress.clear();
      if (!invocation.json) {
        if (text !== undefined) process.stdout.write(text);
        if (outcome.error)
          progress.log(`${terminalSafe(outcome.input)}: ${outcome.error.code}: ${outcome.error.message}`);
      }
    }
    await sheet?.close();
  } finally {
    progress.clear();
    model.dispose();
  }
  if (!invocation.json)
    for (const file of sheet?.files ?? []) process.stdout.write(`contact sheet: ${file}\n`);
  if (invocation.json) process.stdout.write(`${JSON.stringify({ results: outcomes })}\n`);
  return reportFailures('smug explain', outcomes, inputs.length, invocation);
}

/** That there is no such method of texts, or images, each input says. */
function refuseUnusedOf(texts: boolean, invocation: Invocation<Own>): void {
  const table = texts ? optionsOfTextMethods : optionsOfImageMethods;
  const { method } = invocation.own;
  if (Object.hasOwn(table, method)) refuseUnusedSettings(table, [method], 'smug explain', invocation);
}

async function runLines(invocation: Invocation<Own>): Promise<number> {
  const { out } = invocation.own;
  if (out !== undefined) await prepareFolder(out);
  const model = await loadNamedModel(invocation);
  try {
    return await explainLines(model, invocation);
  } finally {
    model.dispose();
  }
}
