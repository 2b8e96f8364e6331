// The thread that talks with the queue: BullMQ renews the locks of jobs here, however busy the thread is that explains.
import { parentPort, workerData } from 'node:worker_threads';
import type { Job, Queue } from 'bullmq';
import { connectRedis, loadBullmq, type ImageJob } from './bullmq.js';
import { Gate } from './gate.js';
import type { FromQueue, ThreadData, ToQueue } from './messages.js';

const { redis: url, queue: name, jobs, lockMs, drain, rate } = workerData as ThreadData;
/** Minutes of which the queue remembers how many images were done. */
const REMEMBERED_MINUTES = 7 * 24 * 60;
const PING_MS = 5_000;

const say = (message: FromQueue) => parentPort!.postMessage(message);
const answers = new Map<number, { done: (outcome: string) => void; not: (error: Error) => void }>();
const gate = new Gate();
let asked = 0;
let heard = performance.now();

void main().catch((error: NodeJS.ErrnoException) =>
  say({ kind: 'failed', code: error.code ?? 'QUEUE_FAILED', message: error.message }),
);

async function main(): Promise<void> {
  const { bullmq } = await loadBullmq();
  const connection = (await connectRedis(url)) as never;
  const queue = new bullmq.Queue<ImageJob>(name, { connection });
  const worker = new bullmq.Worker<ImageJob, string>(
    name,
    (job) => processed(job, bullmq.UnrecoverableError),
    {
      connection,
      concurrency: jobs,
      ...(rate !== undefined && { limiter: limiterOf(rate) }),
      lockDuration: lockMs,
      stalledInterval: Math.max(1000, lockMs / 2),
      // Who is to be set aside is counted per image that was under way, below; BullMQ counts all that a dead worker held.
      maxStalledCount: 1_000_000,
      metrics: { maxDataPoints: REMEMBERED_MINUTES },
      drainDelay: 2,
    },
  );
  const note = (error: Error) => say({ kind: 'note', text: `the queue: ${error.message}` });
  queue.on('error', note);
  worker.on('error', note);
  await worker.waitUntilReady();
  say({ kind: 'ready' });
  let ending = false;
  const end = async () => {
    if (ending) return;
    ending = true;
    await worker.close();
    await queue.close();
    (connection as { disconnect(): void }).disconnect();
    say({ kind: 'ended' });
    parentPort!.close();
    clearInterval(pings);
  };
  parentPort!.on('message', (message: ToQueue) => {
    heard = performance.now();
    if (message.kind === 'end') void end();
    if (message.kind !== 'done' && message.kind !== 'not-done') return;
    const { done, not } = answers.get(message.id)!;
    answers.delete(message.id);
    if (message.kind === 'done') done(message.outcome);
    else not(new Error(message.message));
  });
  const pings = setInterval(
    () => {
      // A thread that explains and does not hear any more would keep its images for ever.
      if (answers.size > 0 && performance.now() - heard > Math.max(60_000, 4 * lockMs))
        process.kill(process.pid, 'SIGKILL');
      say({ kind: 'ping' });
      if (drain) void isEmpty(queue).then((empty) => (empty ? end() : undefined));
    },
    Math.min(PING_MS, drain ? 500 : PING_MS),
  );
}

/**
 * An image on which somebody died before is done alone, so that its neighbours do not die with it and get a bad name; after its tries it
 * is set aside.
 */
async function processed(
  job: Job<ImageJob, string>,
  Unrecoverable: new (message: string) => Error,
): Promise<string> {
  const { begun = 0 } = job.data;
  const tries = job.opts.attempts ?? 1;
  if (begun >= tries) {
    await ask({ kind: 'give-up', job: job.data });
    throw new Unrecoverable(`workers died on it, ${begun} times`);
  }
  return gate.pass(begun > 0, async () => {
    await job.updateData({ ...job.data, begun: begun + 1 });
    try {
      return await ask({ kind: 'image', job: job.data });
    } catch (error) {
      // Its end was heard.
      await job.updateData({ ...job.data, begun });
      throw error;
    }
  });
}

/** At most this many images per second, spread over the second; slower than one, over longer. */
function limiterOf(rate: number): { max: number; duration: number } {
  const max = Math.max(1, Math.round(rate / 10));
  return { max, duration: Math.ceil((1000 * max) / rate) };
}

function ask(question: { kind: 'image' | 'give-up'; job: ImageJob }): Promise<string> {
  const id = ++asked;
  return new Promise((done, not) => {
    answers.set(id, { done, not });
    say({ ...question, id });
  });
}

async function isEmpty(queue: Queue<ImageJob>): Promise<boolean> {
  const counts = await queue.getJobCounts('wait', 'prioritized', 'delayed', 'active').catch(() => null);
  return counts !== null && Object.values(counts).every((count) => count === 0);
}
