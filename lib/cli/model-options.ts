import { engineRequests } from '../engines/choose-engine.js';
import { attributionMethodNames } from '../api/options.js';
import type { AttributeOptions } from '../explainers/options.js';
import { loadModel } from '../load-model.js';
import type { Model } from '../model.js';
import { choiceOption, numberOption, required, type Invocation, type OptionSpec } from './command.js';

/** Options of every command that runs a model on an image. */
export const modelOptions: Record<string, OptionSpec> = {
  model: {
    value: 'M',
    help: 'model: an .onnx file, a model.json, a folder with one, or builtin:mnist-cnn, builtin:mnist-fc',
  },
  preprocess: { value: 'FILE', help: "preprocessing in the form of Hugging Face's preprocessor_config.json" },
  'class-names': { value: 'FILE', help: 'class names: JSON (id2label or a list) or one a line' },
  engine: { value: 'E', help: `engine: ${engineRequests.join(', ')} (default auto)` },
  threads: { value: 'T', help: 'threads of the engine and the solver (default: all cores)' },
};

/** Options of every command that scores first-layer nodes. */
export const attributionOptionSpecs: Record<string, OptionSpec> = {
  target: { value: 'CLASS', help: 'class index or label to explain (default: the predicted class)' },
  attribution: { value: 'METHOD', help: attributionMethodNames.join(', ') },
  output: { value: 'KIND', help: 'probability (default) or logit' },
  steps: { value: 'N', help: 'exactly N Gauss-Legendre steps (default: as many as 1 % completeness takes)' },
  tolerance: { value: 'T', help: 'completeness error to reach (default 0.01)' },
};

export function loadNamedModel(invocation: Invocation): Promise<Model> {
  const engine = choiceOption(invocation, 'engine', engineRequests);
  return loadModel(required(invocation, 'model'), { engine, threads: numberOption(invocation, 'threads') });
}

export function attributionSettings(invocation: Invocation): AttributeOptions {
  const target = invocation.options.target;
  return {
    target: target !== undefined && /^\d+$/.test(target) ? Number(target) : target,
    attribution: choiceOption(invocation, 'attribution', attributionMethodNames),
    output: choiceOption(invocation, 'output', ['probability', 'logit']),
    steps: numberOption(invocation, 'steps'),
    tolerance: numberOption(invocation, 'tolerance'),
    classNames: invocation.options['class-names'],
    signal: invocation.signal,
  };
}
