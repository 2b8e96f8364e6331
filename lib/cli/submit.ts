import { resolve } from 'node:path';
import { existsSync } from 'node:fs';
import { commandOptions, type OwnOptions } from '../api/command-options.js';
import { settingsFor } from '../api/options.js';
import { listImages, type BatchList } from '../batch/list-images.js';
import { isBucketUrl } from '../batch/bucket-images.js';
import { OpenStores } from '../store/open-store.js';
import { fileKindsOf } from './file-kinds.js';
import { ExitCode, type Command, type Invocation } from './command.js';
import { optionsFor } from './flags.js';
import { Progress } from './progress.js';

type Own = OwnOptions<'submit', 'model' | 'out'>;

export const submitCommand: Command<Own> = {
  usage: 'INPUT... --model M --out PLACE [options]',
  summary:
    'Puts images into a queue on Redis or Valkey, for workers (smug worker) to explain. Inputs as for smug batch, at paths or s3:// names that ' +
    'workers have too. Once all are done: smug batch merge PLACE.',
  example:
    '/shared/photos --model /shared/models/squeezenet1.1 --out /shared/results --redis redis://queue:6379',
  inputs: [1, Infinity],
  calls: ['explain', 'image', 'hide'],
  own: commandOptions.submit,
  required: ['model', 'out'],
  run,
};

async function run({ inputs, own, given, signal, json }: Invocation<Own>): Promise<number> {
  const kinds = fileKindsOf(own.files);
  const explain = optionsFor(['explain', 'image', 'hide'], given);
  settingsFor(['explain', 'image', 'hide'], explain);
  const out = isBucketUrl(own.out) ? own.out : resolve(own.out);
  const stores = new OpenStores();
  const progress = new Progress();
  let list: BatchList | undefined;
  const [{ openQueue }, { submit }] = await Promise.all([
    import('../queue/bullmq.js'),
    import('../queue/submit.js'),
  ]);
  try {
    // Workers run elsewhere: paths of this folder would mean nothing there.
    list = await listImages(inputs.map(absolute), out, (url) => stores.open(url, 'INPUT'));
    const store = await stores.open(out, '--out');
    const { queue, close } = await openQueue(own);
    try {
      const counts = await submit(queue, store, list, {
        model: existsSync(own.model) ? resolve(own.model) : own.model,
        options: explain,
        files: kinds,
        tries: own.tries,
        backlog: own.backlog,
        retry: own.retry === true,
        signal,
        onProgress: (submitted, total) => progress.update(`${submitted} of ${total} images submitted`),
      });
      progress.clear();
      const { images, done, submitted } = counts;
      const text = `${submitted} images submitted${done > 0 ? `, ${done} of ${images} were done before` : ''}\n`;
      process.stdout.write(json ? `${JSON.stringify({ ...counts, out: store.url })}\n` : text);
    } finally {
      await close();
    }
    return ExitCode.done;
  } finally {
    progress.clear();
    list?.close();
    stores.close();
  }
}

function absolute(input: string): string {
  if (input === '-' || isBucketUrl(input)) return input;
  return input.startsWith('@') && !existsSync(input) ? `@${resolve(input.slice(1))}` : resolve(input);
}
