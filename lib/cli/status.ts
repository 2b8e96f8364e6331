import { setTimeout as sleep } from 'node:timers/promises';
import { commandOptions, type OwnOptions } from '../api/command-options.js';
import type { QueueStatus } from '../api/queue.js';
import { terminalSafe } from '../reports/escape.js';
import { durationText } from './batch-text.js';
import { ExitCode, UsageError, type Command, type Invocation } from './command.js';

type Own = OwnOptions<'status'>;

const WATCH_MS = 2_000;

export const statusCommand: Command<Own> = {
  usage: '[--redis URL] [--queue NAME] [--watch]',
  summary:
    'Where a queue stands: what waits, what is in work, the pace, and which images were set aside and why.',
  example: '--redis redis://127.0.0.1:6379 --watch',
  inputs: [0, 0],
  calls: [],
  own: commandOptions.status,
  run,
};

async function run({ own, signal, json }: Invocation<Own>): Promise<number> {
  if (json && own.prometheus) throw new UsageError('--json and --prometheus exclude each other');
  const [{ openQueue }, { queueStatus, prometheusText }] = await Promise.all([
    import('../queue/bullmq.js'),
    import('../queue/status.js'),
  ]);
  const { queue, close } = await openQueue(own);
  try {
    for (;;) {
      const status = await queueStatus(queue);
      if (json) process.stdout.write(`${JSON.stringify(status)}\n`);
      else process.stdout.write(own.prometheus ? prometheusText(status) : statusText(status));
      const idle = status.waiting + status.active === 0;
      if (!own.watch || idle || signal.aborted) return ExitCode.done;
      await sleep(WATCH_MS, undefined, { signal }).catch(() => {});
      if (signal.aborted) return ExitCode.done;
    }
  } finally {
    await close();
  }
}

function statusText(status: QueueStatus): string {
  const { queue, waiting, active, setAside, done, workers, perMinute, secondsLeft, images } = status;
  const left = secondsLeft === null ? '' : `, ${durationText(secondsLeft)} to go`;
  const lines = [
    `${queue}: ${waiting} waiting, ${active} in work by ${workers} workers, ${done} done, ${perMinute.toFixed(1)} per minute${left}`,
    ...(setAside > 0 ? [`  set aside: ${setAside}`] : []),
    ...images.map(({ input, reason, tries }) =>
      terminalSafe(`    ${input}: ${reason} (begun ${tries} times)`),
    ),
    ...(setAside > images.length && images.length > 0 ? ['    …'] : []),
  ];
  return `${lines.join('\n')}\n`;
}
