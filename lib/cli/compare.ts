import { commandOptions, type OwnOptions } from '../api/command-options.js';
import { optionsOfImageMethods, usualImageMethodNames } from '../api/methods.js';
import { compareMethods, type MethodComparison } from '../evaluation/compare-methods.js';
import { refuseOptionsOfOne } from '../evaluation/refuse-options.js';
import { chosenOf } from '../explainers/image/rate-image.js';
import { writeComparisonFiles } from '../reports/comparison-files.js';
import { terminalSafe } from '../reports/escape.js';
import { outputNames } from '../reports/file-names.js';
import { percent, targetInWords } from '../reports/plain-words.js';
import { prepareFolder } from '../reports/write-file.js';
import type { Command, Invocation } from './command.js';
import { describeError, type ErrorDescription } from './describe-error.js';
import { optionsFor } from './flags.js';
import { expandInputs } from './input-files.js';
import { loadNamedModel } from './load-named-model.js';
import { Progress } from './progress.js';
import { refuseUnusedSettings } from './refuse-unused.js';
import { reportFailures } from './report-failures.js';

type Own = OwnOptions<'compare', 'model'>;

type Outcome = { input: string; error?: ErrorDescription };

export const compareCommand: Command<Own> = {
  usage: 'IMAGE... --model M [--methods NAMES] [--out DIR] [options]',
  summary:
    'Shows SMUG beside other methods on images: one picture and one JSON document per image, each method with what it scores or chooses, ' +
    'its saliency metric and its time.',
  example: 'examples/digits/3.png --model builtin:mnist-cnn --methods smug,grad-cam,opt-box --out smug-out',
  inputs: [1, Infinity],
  calls: ['load', 'explain', 'image', 'hide'],
  own: commandOptions.compare,
  required: ['model'],
  run,
};

async function run(invocation: Invocation<Own>): Promise<number> {
  const { own, given, json, signal } = invocation;
  const inputs = await expandInputs(invocation.inputs);
  const names = outputNames(inputs);
  // Said once, and not as a failure of every image.
  refuseOptionsOfOne(given);
  refuseUnusedSettings(
    optionsOfImageMethods,
    own.methods ?? usualImageMethodNames,
    'smug compare',
    invocation,
  );
  if (own.out !== undefined) await prepareFolder(own.out);
  const model = await loadNamedModel(invocation);
  const progress = new Progress();
  const outcomes: Outcome[] = [];
  try {
    for (const [at, input] of inputs.entries()) {
      if (signal.aborted) break;
      const onMethod = (method: string, done: number, total: number) =>
        progress.update(`${input}: ${method}, ${done + 1} of ${total}`);
      const options = {
        ...optionsFor(['explain', 'image', 'hide'], given),
        methods: own.methods,
        signal,
        onMethod,
      };
      try {
        const comparison = await compareMethods(model, input, options);
        if (own.out !== undefined) await writeComparisonFiles(comparison, own.out, { name: names[at] });
        progress.clear();
        if (!json) process.stdout.write(comparisonText(comparison));
        outcomes.push(comparison.toJSON());
      } catch (error) {
        const described = describeError(error);
        progress.clear();
        if (!json) progress.log(`${input}: ${described.code}: ${described.message}`);
        outcomes.push({ input, error: described });
      }
    }
  } finally {
    progress.clear();
    model.dispose();
  }
  if (json) process.stdout.write(`${JSON.stringify({ results: outcomes })}\n`);
  return reportFailures('smug compare', outcomes, inputs.length, invocation);
}

/** One image's comparison, as a person reads it on a terminal. */
function comparisonText({ input, target, methods, files }: MethodComparison): string {
  const wide = Math.max(...methods.map(({ method }) => method.length), 'method'.length);
  const head = `  ${'method'.padEnd(wide)}     LSC      kept      time`;
  const rows = methods.map((one) => {
    if ('error' in one) return `  ${one.method.padEnd(wide)}  ${terminalSafe(one.error.message)}`;
    const kept = chosenOf(one.kept);
    const cells = [
      one.lsc.toFixed(2).padStart(6),
      (kept ? percent(kept.share) : '').padStart(8),
      `${one.seconds.toFixed(2)} s`.padStart(8),
    ];
    return `  ${one.method.padEnd(wide)}  ${cells.join('  ')}`;
  });
  const lines = [`  ${targetInWords(target)}`, head, ...rows, ...files.map((file) => `  file  ${file}`)];
  return `${terminalSafe(input)}\n${lines.join('\n')}\n`;
}
