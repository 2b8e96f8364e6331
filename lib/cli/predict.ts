import { commandOptions, type OwnOptions } from '../api/command-options.js';
import type { PredictionDocument } from '../api/prediction.js';
import type { Model } from '../model/model.js';
import { predictImage } from '../model/predict-image.js';
import { predictText } from '../model/predict-text.js';
import { terminalSafe } from '../reports/escape.js';
import { ExitCode, type Command, type Invocation } from './command.js';
import { optionsFor } from './flags.js';
import { loadNamedModel } from './load-named-model.js';
import { refuseOtherKind } from './refuse-unused.js';
import { isText, readText } from './text-lines.js';

type Own = OwnOptions<'predict', 'model'>;

export const predictCommand: Command<Own> = {
  usage: 'INPUT --model M [options]',
  summary:
    'Runs a model on one image or text (.txt, - for standard input, or the text itself in quotes) and lists its best classes.',
  example: 'examples/digits/3.png --model builtin:mnist-cnn --top 3',
  inputs: [1, 1],
  calls: ['load', 'predict', 'image', 'text'],
  own: commandOptions.predict,
  required: ['model'],
  run,
};

async function predict(
  model: Model,
  input: string,
  { given, signal }: Invocation<Own>,
): Promise<PredictionDocument> {
  if (!isText(input))
    return predictImage(model, input, { ...optionsFor(['predict', 'image'], given), signal });
  const options = { ...optionsFor(['predict', 'text'], given), signal };
  return { ...(await predictText(model, await readText(input), options)), input };
}

async function run(invocation: Invocation<Own>): Promise<number> {
  const [input] = invocation.inputs;
  refuseOtherKind(isText(input) ? 'texts' : 'images', 'smug predict', invocation);
  const model = await loadNamedModel(invocation);
  try {
    const prediction = await predict(model, input, invocation);
    const lines = prediction.predictions.map(
      ({ index, label, confidence }) => `  ${confidence.toFixed(4)}  ${label ?? index}\n`,
    );
    process.stdout.write(
      invocation.json ? `${JSON.stringify(prediction)}\n` : `${terminalSafe(input)}\n${lines.join('')}`,
    );
    return ExitCode.done;
  } finally {
    model.dispose();
  }
}
