import { existsSync } from 'node:fs';
import { checkOption } from '../api/check.js';
import { commandOptions } from '../api/command-options.js';
import type { ServiceOptions } from '../api/service.js';
import { textValue } from '../api/text-value.js';
import { ExitCode, UsageError, type Command, type Invocation } from './command.js';
import { optionsFor } from './flags.js';

/** Where KServe puts what STORAGE_URI names, SageMaker its model, and Vertex nothing. */
const MOUNTED = ['/mnt/models', '/opt/ml/model'];

export const serveCommand: Command<ServiceOptions> = {
  usage: '--model [NAME=]M [--model …] [options]',
  summary:
    'Serves explanations over HTTP: its own interface (/docs), KServe V1, Open Inference, SageMaker and Vertex AI. Ends on SIGTERM ' +
    'when what was accepted is answered.',
  example: '--model builtin:mnist-cnn --port 8080',
  inputs: [0, 1],
  runsLong: true,
  calls: ['load'],
  own: commandOptions.serve,
  translate: fromKserve,
  run,
};

async function run({ inputs, own, given, signal, json }: Invocation<ServiceOptions>): Promise<number> {
  // SageMaker starts `IMAGE serve`.
  if (inputs.length > 0 && inputs[0] !== 'serve') throw new UsageError(`unexpected '${inputs[0]}'`);
  const mounted = MOUNTED.find((folder) => existsSync(folder));
  const model = own.model ?? (mounted === undefined ? [] : [mounted]);
  if (model.length === 0) throw new UsageError('--model is required');
  const port = portOf(own);
  // Loaded here: no other command needs it.
  const { serve } = await import('../server/serve.js');
  const running = await serve({ ...own, port, model, load: optionsFor(['load'], given), log: json });
  if (!json) {
    const names = [...running.service.models.keys()].join(', ');
    process.stderr.write(`smug serve: ${names} at ${running.url} (what there is: ${running.url}/docs)\n`);
  }
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve);
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await running.close();
  return ExitCode.done;
}

/**
 * The port that Vertex AI names goes before any other.
 * @throws TypeError or RangeError that names the variable
 */
function portOf({ port }: Pick<ServiceOptions, 'port'>): number {
  const { AIP_HTTP_PORT: named } = process.env;
  if (named === undefined || named === '') return port;
  const value = textValue(commandOptions.serve.port.schema, named);
  checkOption('AIP_HTTP_PORT', commandOptions.serve.port, value);
  return value as number;
}

/**
 * What KServe's controller appends to a custom explainer's arguments, in our words. Other flags of its kind (with an
 * underscore) are reported and left out: a container that refuses them never becomes ready.
 */
function fromKserve(words: string[]): string[] {
  const translated: string[] = [];
  let name: string | undefined;
  for (let at = 0; at < words.length; at++) {
    const match = /^--(\w+_\w+|workers)(?:=(.*))?$/s.exec(words[at]);
    if (match === null) {
      translated.push(words[at]);
      continue;
    }
    const [, flag, attached] = match;
    const value = attached ?? (words[at + 1]?.startsWith('--') ? undefined : words[++at]);
    if (flag === 'model_name') name = value;
    // Whoever calls the port from outside the pod went through KServe's ingress.
    else if (flag === 'http_port') translated.push('--port', value ?? '', '--host', '0.0.0.0', '--open');
    else
      process.stderr.write(`smug serve: --${flag} is KServe's and not needed here: ${value ?? 'no value'}\n`);
  }
  return name === undefined ? translated : renamed(translated, name);
}

/** The first model served under the name that KServe routes to. */
function renamed(words: string[], name: string): string[] {
  const at = words.findIndex((word) => word === '--model' || word.startsWith('--model='));
  const bare = (source: string) => source.replace(/^[\w-]+=/, '');
  if (at < 0) {
    const mounted = MOUNTED.find((folder) => existsSync(folder));
    return mounted === undefined ? words : [...words, '--model', `${name}=${mounted}`];
  }
  const copy = [...words];
  if (copy[at] === '--model') copy[at + 1] = `${name}=${bare(copy[at + 1] ?? '')}`;
  else copy[at] = `--model=${name}=${bare(copy[at].slice('--model='.length))}`;
  return copy;
}
