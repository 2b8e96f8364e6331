import type { Job, Queue } from 'bullmq';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Submitted } from '../api/queue.js';
import type { BatchImage } from '../batch/batch-image.js';
import type { BatchList } from '../batch/list-images.js';
import { writeManifest } from '../batch/manifest.js';
import type { Store } from '../batch/store.js';
import { throwIfAborted } from '../errors.js';
import type { ImageJob } from './bullmq.js';
import { linesOf, queuedBatch, type AskedOfBatch } from './queued-batch.js';

export interface SubmitOptions extends AskedOfBatch {
  /** No more than about this number of images wait in the queue: whoever submits waits instead, and Redis stays small. */
  backlog: number;
  /** Takes up images again that failed or were set aside. */
  retry: boolean;
  signal?: AbortSignal;
  onProgress?: (submitted: number, total: number) => void;
}

/** Images that go to Redis in one call at most. */
const PER_CALL = 200;
/** Files, or objects, that are read at once. */
const AT_ONCE = 8;

/**
 * Puts the images of a list into a queue. The same call again, after a kill as well, adds what is missing: an image is one job, called by
 * the hash of its place and contents.
 *
 * @throws SmugError BAD_INPUT where the place holds another batch, STORE_FAILED, QUEUE_FAILED, ABORTED
 */
export async function submit(
  queue: Queue<ImageJob>,
  store: Store,
  list: BatchList,
  options: SubmitOptions,
): Promise<Omit<Submitted, 'out'>> {
  const { backlog, retry, signal, onProgress, tries } = options;
  const lines = linesOf(store);
  const fresh = await lines.claim(queuedBatch(list, options));
  await writeManifest(store, list.images);
  const done = new Set<string>();
  for await (const name of lines.images()) done.add(name);
  if (retry) await forgetFailures(lines, done, signal);
  await forgetFailedJobs(queue, store.url, done);
  const open = list.images.filter(({ name }) => !done.has(name));
  const perCall = Math.min(PER_CALL, backlog);
  let submitted = 0;
  for (let from = 0; from < open.length; from += perCall) {
    while ((await queue.getWaitingCount()) >= backlog) {
      throwIfAborted(signal);
      await sleep(500);
    }
    const some = open.slice(from, from + perCall);
    // Of a batch that was submitted before, workers may have done them while this one waited.
    const rest = fresh ? some : await withoutLine(some, lines);
    const jobs = await jobsOf(rest, store.url, tries);
    throwIfAborted(signal);
    await queue.addBulk(jobs);
    submitted += rest.length;
    onProgress?.(from + some.length, open.length);
  }
  return { images: list.images.length, done: list.images.length - submitted, submitted };
}

async function forgetFailures(
  lines: ReturnType<typeof linesOf>,
  done: Set<string>,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const name of [...done]) {
    throwIfAborted(signal);
    const line = await lines.read(name);
    if (line !== undefined && !('error' in line)) continue;
    await lines.remove(name);
    done.delete(name);
  }
}

/** A job that failed keeps its name: it has to go before the image can be submitted again. */
async function forgetFailedJobs(
  queue: Queue<ImageJob>,
  out: string,
  done: ReadonlySet<string>,
): Promise<void> {
  for (let from = 0; ;) {
    const failed = (await queue.getFailed(from, from + PER_CALL - 1)) as Job<ImageJob>[];
    if (failed.length === 0) return;
    for (const job of failed) {
      if (job.data.out === out && !done.has(job.data.name)) await job.remove();
      else from++;
    }
  }
}

async function withoutLine(
  images: readonly BatchImage[],
  lines: ReturnType<typeof linesOf>,
): Promise<BatchImage[]> {
  const open: BatchImage[] = [];
  for (let from = 0; from < images.length; from += AT_ONCE) {
    const some = images.slice(from, from + AT_ONCE);
    const found = await Promise.all(some.map(({ name }) => lines.read(name)));
    for (const [at, line] of found.entries()) if (line === undefined) open.push(some[at]);
  }
  return open;
}

async function jobsOf(images: readonly BatchImage[], out: string, tries: number) {
  const jobs: { name: string; data: ImageJob; opts: object }[] = [];
  for (let from = 0; from < images.length; from += AT_ONCE) {
    const some = images.slice(from, from + AT_ONCE);
    const contents = await Promise.all(some.map(contentsHash));
    for (const [at, { input, name, archive }] of some.entries())
      jobs.push({
        name: 'image',
        data: { out, name, input, ...(archive !== undefined && { archive }) },
        opts: {
          jobId: createHash('sha256')
            .update(JSON.stringify([out, name, contents[at]]))
            .digest('hex'),
          attempts: tries,
          backoff: { type: 'exponential', delay: 1000, jitter: 0.5 },
          // What is done stands in the store; Redis only counts it.
          removeOnComplete: true,
          stackTraceLimit: 0,
        },
      });
  }
  return jobs;
}

/** What an image's file holds, in a hash; that of a file that cannot be read says so: its job will tell why. */
async function contentsHash({ input, read, tag }: BatchImage): Promise<string> {
  if (tag !== undefined) return tag;
  try {
    const hash = createHash('sha256');
    if (read === undefined) await pipeline(createReadStream(input), hash);
    else hash.update(await read());
    return hash.digest('hex');
  } catch {
    return 'unreadable';
  }
}
