import { readFile } from 'node:fs/promises';
import { settingsFor } from '../api/options.js';
import { SmugError } from '../errors.js';
import { explainImage } from '../explainers/explain-image.js';
import { explainText } from '../explainers/explain-text.js';
import type { Explanation } from '../explainers/explanation.js';
import type { ExplainOptions, ExplainProgress } from '../explainers/options.js';
import type { Model } from '../model.js';
import { writeExplanationFiles } from '../reports/explanation-files.js';
import { outputNames } from '../reports/file-names.js';
import { prepareFolder } from '../reports/write-file.js';
import { choiceOption, ExitCode, numberOption, UsageError, type Command, type Invocation } from './command.js';
import { describeError, type ErrorDescription } from './describe-error.js';
import { explanationText } from './explanation-text.js';
import { inOrder } from './in-order.js';
import { expandInputs } from './input-files.js';
import { attributionOptionSpecs, attributionSettings, loadNamedModel, modelOptions } from './model-options.js';
import { Progress, solvingText } from './progress.js';

export const explainCommand: Command = {
  usage: 'INPUT... --model M [options]',
  summary:
    'Explains images (files or folders of PNG, JPEG, WebP) or texts (.txt). Finds the smallest part of each input that ' +
    "keeps what the network's first layer tells the rest about the class.",
  inputs: [1, Infinity],
  options: {
    ...modelOptions,
    'top-k': { value: 'K', help: 'first-layer nodes to keep (default 3000, text 100, at most the layer)' },
    gamma: { value: 'G', help: 'fraction of each chosen pre-activation to keep, 0 <= G < 1 (default 0)' },
    window: { value: 'W', help: 'pixels per side of a mask cell (default 1 up to 64x64 inputs, else 4)' },
    ...attributionOptionSpecs,
    score: { value: 'RULE', help: 'sum (default) or max of the attributions that reach a pixel' },
    solutions: { value: 'N', help: 'distinct masks, best first (default 1)' },
    core: { help: 'also tell which cells every smallest mask holds, which some do and which none does' },
    'time-limit': { value: 'S', help: 'seconds of solving an input; 0: none (default 60)' },
    solver: { value: 'S', help: 'auto (default), native or wasm' },
    jobs: { value: 'N', help: 'inputs in flight at once, which share threads and the device (default 1)' },
    seed: { value: 'N', help: 'seed of every random choice (default 0)' },
    out: { value: 'DIR', help: 'write mask, heat map, overlay, arrays and JSON there' },
  },
  run,
};

/** What is kept of an input once it is done: its JSON document, never its pixels, so that memory stays bounded. */
interface Outcome {
  input: string;
  error?: ErrorDescription;
}

async function run(invocation: Invocation): Promise<number> {
  const options = explainSettings(invocation);
  settingsFor(['explain', 'image'], options);
  const jobs = numberOption(invocation, 'jobs') ?? 1;
  if (!Number.isInteger(jobs) || jobs < 1) {
    throw new UsageError(`--jobs: expected a whole number of at least 1, got ${jobs}`);
  }
  const inputs = await expandInputs(invocation.inputs);
  const out = invocation.options.out;
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
      return explainOne(model, input, { ...options, onProgress }, out, names[at]);
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
  options: ExplainOptions,
  out: string | undefined,
  name: string,
): Promise<{ outcome: Outcome; text?: string }> {
  let explanation: Explanation;
  try {
    explanation = await explainInput(model, input, options);
  } catch (error) {
    return { outcome: { input, error: describeError(error) } };
  }
  let error: ErrorDescription | undefined;
  try {
    if (out !== undefined) await writeExplanationFiles(explanation, out, { name });
  } catch (failure) {
    error = describeError(failure);
  }
  return {
    outcome: { input, ...explanation.toJSON(), ...(error && { error }) },
    text: explanationText(explanation),
  };
}

/** Tells which inputs failed; they never stop the others. */
function summary(outcomes: readonly Outcome[], wanted: number, json: boolean): number {
  const failed = outcomes.flatMap(({ input, error }) => (error ? [{ input, error }] : []));
  if (failed.length === 0 && outcomes.length === wanted) return ExitCode.done;
  const one = wanted === 1 && failed.length === 1;
  if (json || !one) {
    const parts = failed.map(({ input, error }) =>
      one ? `${error.code}: ${error.message}` : `${input} (${error.code})`,
    );
    const left = wanted - outcomes.length;
    if (left > 0) parts.push(`${left} not started`);
    const list = parts.join(', ').replace(/\s*\n\s*/g, ' ');
    process.stderr.write(
      `smug explain: ${one ? list : `${failed.length + left} of ${wanted} inputs failed: ${list}`}\n`,
    );
  }
  return ExitCode.failed;
}

function explainSettings(invocation: Invocation): ExplainOptions {
  return {
    ...attributionSettings(invocation),
    topK: numberOption(invocation, 'top-k'),
    gamma: numberOption(invocation, 'gamma'),
    window: numberOption(invocation, 'window'),
    score: choiceOption(invocation, 'score', ['sum', 'max']),
    solutions: numberOption(invocation, 'solutions'),
    core: invocation.options.core === 'true' || undefined,
    certificate: invocation.options.out !== undefined || undefined,
    timeLimit: numberOption(invocation, 'time-limit'),
    solver: choiceOption(invocation, 'solver', ['auto', 'native', 'wasm']),
    seed: numberOption(invocation, 'seed'),
    threads: numberOption(invocation, 'threads'),
    preprocess: invocation.options.preprocess,
  };
}

async function explainInput(model: Model, input: string, options: ExplainOptions): Promise<Explanation> {
  if (!/\.txt$/i.test(input)) return explainImage(model, input, options);
  const text = await readFile(input, 'utf8').catch((cause: unknown) => {
    throw new SmugError('FILE_NOT_FOUND', `${input} cannot be read: ${(cause as Error).message}.`, { cause });
  });
  return Object.assign(await explainText(model, text, options), { input });
}

function progressText({ phase, steps, completenessError, size, lowerBound }: ExplainProgress): string {
  if (phase === 'attribution' && steps !== undefined) {
    const error =
      completenessError == null ? '' : `, completeness error ${(100 * completenessError).toFixed(2)} %`;
    return `attribution, ${steps} steps${error}`;
  }
  if (phase === 'solving' && lowerBound !== undefined) return `solving, ${solvingText({ size, lowerBound })}`;
  return phase;
}
