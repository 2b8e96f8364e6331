import { readFile } from 'node:fs/promises';
import { option } from '../api/option.js';
import { Type } from '../api/schema.js';
import { SmugError } from '../errors.js';
import { explainImage } from '../explainers/explain-image.js';
import { explainText } from '../explainers/explain-text.js';
import type { Explanation } from '../explainers/explanation.js';
import type { ExplainOptions, ExplainProgress } from '../explainers/options.js';
import type { Model } from '../model/model.js';
import { writeExplanationFiles } from '../reports/explanation-files.js';
import { outputNames } from '../reports/file-names.js';
import { prepareFolder } from '../reports/write-file.js';
import { ExitCode, type Command, type Invocation } from './command.js';
import { describeError, printError, type ErrorDescription } from './describe-error.js';
import { explanationText } from './explanation-text.js';
import { optionsFor } from './flags.js';
import { inOrder } from './in-order.js';
import { expandInputs } from './input-files.js';
import { loadNamedModel, modelOption } from './model-option.js';
import { Progress, progressText } from './progress.js';

interface Own {
  model: string;
  out?: string;
  jobs: number;
}

export const explainCommand: Command<Own> = {
  usage: 'INPUT... --model M [options]',
  summary:
    'Explains images (files or folders of PNG, JPEG, WebP) or texts (.txt). Finds the smallest part of each input that ' +
    "keeps what the network's first layer tells the rest about the class.",
  example: 'examples/digits/3.png --model builtin:mnist-cnn --gamma 0.5 --out smug-out',
  inputs: [1, Infinity],
  calls: ['load', 'explain', 'image', 'text', 'write'],
  own: {
    model: modelOption,
    out: option({
      schema: Type.String(),
      help: 'write mask, heat map, overlay, arrays, certificate and JSON there',
      calls: [],
      placeholder: 'DIR',
    }),
    jobs: option({
      schema: Type.Integer({ minimum: 1 }),
      help: 'inputs in flight at once, which share threads and the device',
      calls: [],
      placeholder: 'N',
      default: 1,
    }),
  },
  required: ['model'],
  run,
};

/** What is kept of an input once it is done: its JSON document, never its pixels, so that memory stays bounded. */
interface Outcome {
  input: string;
  error?: ErrorDescription;
}

/** What one input is explained with. */
type Request = Pick<Invocation<Own>, 'given' | 'own' | 'signal'> & Pick<ExplainOptions, 'onProgress'>;

async function run(invocation: Invocation<Own>): Promise<number> {
  const { out, jobs } = invocation.own;
  const inputs = await expandInputs(invocation.inputs);
  if (out !== undefined) await prepareFolder(out);
  const names = outputNames(inputs);
  const model = await loadNamedModel(invocation);
  const progress = new Progress();
  const outcomes: Outcome[] = [];
  try {
    const explain = (input: string, at: number) => {
      const place = inputs.length > 1 ? `[${at + 1}/${inputs.length}] ` : '';
      const onProgress = (step: ExplainProgress) =>
        progress.update(`${place}${input}: ${progressText(step)}`);
      return explainOne(model, input, { ...invocation, onProgress }, names[at]);
    };
    for await (const { outcome, text } of inOrder(inputs, jobs, invocation.signal, explain)) {
      outcomes.push(outcome);
      progress.clear();
      if (!invocation.json) {
        if (text !== undefined) process.stdout.write(text);
        if (outcome.error) progress.log(`${outcome.input}: ${outcome.error.code}: ${outcome.error.message}`);
      }
    }
  } finally {
    progress.clear();
    model.dispose();
  }
  if (invocation.json) process.stdout.write(`${JSON.stringify({ results: outcomes })}\n`);
  return summary(outcomes, inputs.length, invocation.json);
}

/** Explains one input and writes its files. A result whose files cannot be written is kept beside the error. */
async function explainOne(
  model: Model,
  input: string,
  request: Request,
  name: string,
): Promise<{ outcome: Outcome; text?: string }> {
  let explanation: Explanation;
  try {
    explanation = await explainInput(model, input, request);
  } catch (error) {
    return { outcome: { input, error: describeError(error) } };
  }
  const { out } = request.own;
  let error: ErrorDescription | undefined;
  try {
    if (out !== undefined)
      await writeExplanationFiles(explanation, out, { ...optionsFor(['write'], request.given), name });
  } catch (failure) {
    error = describeError(failure);
  }
  return {
    outcome: { ...explanation.toJSON(), ...(error && { error }) },
    text: explanationText(explanation),
  };
}

/** An image, or where the file's name says so a text. */
async function explainInput(model: Model, input: string, request: Request): Promise<Explanation> {
  const { given, own, signal, onProgress } = request;
  const more = { certificate: own.out !== undefined, signal, onProgress };
  if (!/\.txt$/i.test(input))
    return explainImage(model, input, { ...optionsFor(['explain', 'image'], given), ...more });
  const text = await readFile(input, 'utf8').catch((cause: unknown) => {
    throw new SmugError('FILE_NOT_FOUND', `${input} cannot be read: ${(cause as Error).message}.`, { cause });
  });
  const explanation = await explainText(model, text, { ...optionsFor(['explain', 'text'], given), ...more });
  return Object.assign(explanation, { input });
}

/** Tells which inputs failed; they never stop the others. */
function summary(outcomes: readonly Outcome[], wanted: number, json: boolean): number {
  const failed = outcomes.flatMap(({ input, error }) => (error ? [{ input, error }] : []));
  if (failed.length === 0 && outcomes.length === wanted) return ExitCode.done;
  if (wanted === 1 && failed.length === 1) {
    if (json) printError('smug explain', failed[0].error, json);
    return ExitCode.failed;
  }
  const left = wanted - outcomes.length;
  const list = [
    ...failed.map(({ input, error }) => `${input} (${error.code})`),
    ...(left > 0 ? [`${left} not started`] : []),
  ].join(', ');
  const message = `${failed.length + left} of ${wanted} inputs failed: ${list}`;
  printError('smug explain', { code: 'INPUTS_FAILED', message }, json);
  return ExitCode.failed;
}
