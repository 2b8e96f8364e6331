import { commandOptions, type OwnOptions } from '../api/command-options.js';
import type { WorkerReport } from '../api/queue.js';
import { terminalSafe } from '../reports/escape.js';
import { ExitCode, type Command, type Invocation } from './command.js';
import { optionsFor } from './flags.js';
import { jobsOf } from './jobs.js';
import { Progress } from './progress.js';

type Own = OwnOptions<'worker'>;

export const workerCommand: Command<Own> = {
  usage: '[--redis URL] [--queue NAME] [options]',
  summary:
    'Does the images of a queue, as many workers on as many machines as there are. SIGTERM or Ctrl-C: it takes nothing more and ends when what ' +
    'is under way has ended. Killed, its images are done by others.',
  example: '--redis redis://127.0.0.1:6379 --drain',
  inputs: [0, 0],
  runsLong: true,
  calls: ['load'],
  own: commandOptions.worker,
  run,
};

async function run({ own, given, signal, json }: Invocation<Own>): Promise<number> {
  const { lock, drain = false, rate, model } = own;
  // Loaded here: no other command needs it.
  const { work } = await import('../queue/work.js');
  const ending = new AbortController();
  const end = () => ending.abort();
  process.once('SIGTERM', end);
  signal.addEventListener('abort', end);
  const progress = new Progress();
  let noted = '';
  try {
    const report = await work({
      redis: own.redis,
      queue: own.queue,
      jobs: jobsOf(own, given),
      lock,
      drain,
      rate,
      model,
      load: optionsFor(['load'], given),
      signal: ending.signal,
      onReady: () => progress.log(`smug worker: waiting for images of ${own.queue}`),
      onNote(text) {
        // A server that is away is told of once, not at every try.
        if (text !== noted) progress.log(terminalSafe(text));
        noted = text;
      },
      onProgress(done, line) {
        if (line && 'error' in line)
          progress.log(terminalSafe(`${line.input}: ${line.error.code}: ${line.error.message}`));
        progress.update(reportText(done));
      },
    });
    progress.clear();
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : `${reportText(report)}\n`);
    return ExitCode.done;
  } finally {
    progress.clear();
    process.off('SIGTERM', end);
  }
}

function reportText({ proven, notProven, failed, known, setAside }: WorkerReport): string {
  const rest = `${known > 0 ? `, ${known} done before` : ''}${setAside > 0 ? `, ${setAside} set aside` : ''}`;
  return `${proven} proven, ${notProven} not proven, ${failed} failed${rest}`;
}
