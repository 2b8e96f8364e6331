import type { Job, Queue } from 'bullmq';
import type { QueueStatus } from '../api/queue.js';
import type { ImageJob } from './bullmq.js';

/** Minutes over which the pace is taken. */
const PACE_MINUTES = 5;

/**
 * Where a queue stands.
 * @param named images that were set aside are named up to this number
 */
export async function queueStatus(queue: Queue<ImageJob>, named = 20): Promise<QueueStatus> {
  const [counts, completed, workers, failed] = await Promise.all([
    queue.getJobCounts('wait', 'prioritized', 'delayed', 'active', 'failed'),
    queue.getMetrics('completed', 0, PACE_MINUTES - 1),
    queue.getWorkersCount().catch(() => 0),
    queue.getFailed(0, named - 1) as Promise<Job<ImageJob>[]>,
  ]);
  const waiting = counts.wait + counts.prioritized + counts.delayed;
  // The first point is the minute before the present one.
  const minutes = Math.max(1, Math.min(PACE_MINUTES, completed.data.length));
  const perMinute = completed.data.reduce((sum, each) => sum + Number(each), 0) / minutes;
  return {
    queue: queue.name,
    waiting,
    active: counts.active,
    setAside: counts.failed,
    done: Number(completed.meta.count),
    workers,
    perMinute,
    secondsLeft: perMinute > 0 ? ((waiting + counts.active) / perMinute) * 60 : null,
    images: failed.map(({ data, failedReason, attemptsStarted }) => ({
      input: data.input,
      name: data.name,
      out: data.out,
      reason: failedReason ?? '',
      tries: attemptsStarted,
    })),
  };
}

/** The same for Prometheus, in its text format. */
export function prometheusText({ queue, waiting, active, setAside, done, workers }: QueueStatus): string {
  const label = `{queue="${queue.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"}`;
  const gauges: [string, string, string, number][] = [
    ['waiting', 'gauge', 'Images that nobody has begun.', waiting],
    ['active', 'gauge', 'Images in work.', active],
    ['set_aside', 'gauge', 'Images that were given up after their tries.', setAside],
    ['workers', 'gauge', 'Workers that are connected.', workers],
    ['done_total', 'counter', 'Images that workers have done, failed ones with their reason included.', done],
  ];
  return gauges
    .map(([name, type, help, value]) =>
      [
        `# HELP smug_queue_${name} ${help}`,
        `# TYPE smug_queue_${name} ${type}`,
        `smug_queue_${name}${label} ${value}`,
      ].join('\n'),
    )
    .join('\n')
    .concat('\n');
}
