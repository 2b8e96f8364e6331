import { readModelImage } from '../explainers/explain-image.js';
import { SmugError } from '../errors.js';
import { ExitCode, numberOption, UsageError, type Command, type Invocation } from './command.js';
import { loadNamedModel, modelOptions } from './model-options.js';

const DEFAULT_TOP = 5;

export const predictCommand: Command = {
  usage: 'INPUT --model M [--top N] [--json]',
  summary: 'Runs a model on one image and lists its best classes.',
  inputs: [1, 1],
  options: { ...modelOptions, top: { value: 'N', help: `classes to list (default ${DEFAULT_TOP})` } },
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const [input] = invocation.inputs;
  const top = numberOption(invocation, 'top') ?? DEFAULT_TOP;
  if (!Number.isInteger(top) || top < 1)
    throw new UsageError(`--top expects a whole number of at least 1, got ${top}`);
  const start = performance.now();
  const model = await loadNamedModel(invocation);
  try {
    const { preprocess, 'class-names': classNames } = invocation.options;
    const { prepared, declarations } = await readModelImage(model, input, { preprocess, classNames });
    const loaded = performance.now();
    const [output] = await model.predict([prepared.tensor]);
    const values = Array.from(output.data);
    const wrong = values.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0)
      throw new SmugError(
        'ENGINE_FAILED',
        `The model's output ${wrong} is ${values[wrong]}; check the input's preprocessing.`,
      );
    const predictions = [...values.keys()]
      .sort((a, b) => values[b] - values[a] || a - b)
      .slice(0, top)
      .map((index) => ({
        index,
        label: declarations.classNames?.[index] ?? null,
        confidence: values[index],
      }));
    const document = {
      input,
      model: model.file.source,
      predictions,
      engine: model.engine.name,
      timing: {
        loadMs: loaded - start,
        predictMs: performance.now() - loaded,
        totalMs: performance.now() - start,
      },
    };
    const line = ({ index, label, confidence }: (typeof predictions)[number]) =>
      `  ${confidence.toFixed(4)}  ${label ?? index}\n`;
    process.stdout.write(
      invocation.json ? `${JSON.stringify(document)}\n` : `${input}\n${predictions.map(line).join('')}`,
    );
    return ExitCode.done;
  } finally {
    model.dispose();
  }
}
