import { commandOptions, type OwnOptions } from '../api/command-options.js';
import { predictImage } from '../model/predict-image.js';
import { terminalSafe } from '../reports/escape.js';
import { ExitCode, type Command, type Invocation } from './command.js';
import { optionsFor } from './flags.js';
import { loadNamedModel } from './load-named-model.js';

type Own = OwnOptions<'predict', 'model'>;

export const predictCommand: Command<Own> = {
  usage: 'INPUT --model M [options]',
  summary: 'Runs a model on one image and lists its best classes.',
  example: 'examples/digits/3.png --model builtin:mnist-cnn --top 3',
  inputs: [1, 1],
  calls: ['load', 'predict', 'image'],
  own: commandOptions.predict,
  required: ['model'],
  run,
};

async function run(invocation: Invocation<Own>): Promise<number> {
  const [input] = invocation.inputs;
  const model = await loadNamedModel(invocation);
  try {
    const prediction = await predictImage(model, input, {
      ...optionsFor(['predict', 'image'], invocation.given),
      signal: invocation.signal,
    });
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
