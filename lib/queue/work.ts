import { rm } from 'node:fs/promises';
import type { BatchLine } from '../api/batch.js';
import { settingsFor } from '../api/options.js';
import type { QueuedBatch, WorkerReport } from '../api/queue.js';
import type { BatchImage } from '../batch/batch-image.js';
import { imageAt } from '../batch/bucket-images.js';
import { imageLine } from '../batch/image-line.js';
import { OpenArchives } from '../batch/open-archives.js';
import type { StoredLines } from '../batch/stored-lines.js';
import { outcomeOf } from '../batch/summary.js';
import { SmugError, type SmugErrorCode } from '../errors.js';
import { loadModel, type LoadModelOptions } from '../model/load-model.js';
import type { Model } from '../model/model.js';
import { OpenStores } from '../store/open-store.js';
import { WorkerThread } from '../threads/worker-thread.js';
import type { ImageJob, QueueAddress } from './bullmq.js';
import type { FromQueue, ThreadData, ToQueue } from './messages.js';
import { workerFolder } from './own-folder.js';
import { linesOf, readQueuedBatch } from './queued-batch.js';

export interface WorkOptions extends QueueAddress {
  /** Images at once. */
  jobs: number;
  /** Seconds that an image is ours without a word: more than the time limit of any batch. */
  lock: number;
  /** Ends when the queue is empty. */
  drain: boolean;
  /** Images per second that all workers of the queue begin at most. Default: no bound. */
  rate?: number;
  /** In place of the model that the batches name. */
  model?: string;
  load: LoadModelOptions;
  /** Takes nothing more, and ends when what is under way has ended. */
  signal?: AbortSignal;
  /** Told after every image, and what went wrong with the connection. */
  onProgress?: (report: WorkerReport, line?: BatchLine) => void;
  onNote?: (text: string) => void;
  onReady?: () => void;
}

interface BatchInWork {
  batch: QueuedBatch;
  lines: StoredLines;
  model: Model;
}

/**
 * Takes images from a queue until the signal is aborted, or the queue is empty. An image's files go to the place of its batch, then
 * its line, once; then the queue is told. A worker that dies leaves its images to others after the lock's time.
 *
 * @throws SmugError QUEUE_FAILED, MISSING_PART; and what would fail every image, after the image was given back
 */
export async function work(options: WorkOptions): Promise<WorkerReport> {
  const { redis, queue, jobs, lock, drain, rate, signal, onProgress, onNote, onReady } = options;
  const report: WorkerReport = { proven: 0, notProven: 0, failed: 0, known: 0, setAside: 0 };
  const folder = await workerFolder();
  const places = new Places(options);
  const data: ThreadData = { redis, queue, jobs, lockMs: lock * 1000, drain, rate };
  const thread = new WorkerThread<ToQueue, FromQueue>({
    name: "The queue's thread",
    entry: new URL('./bull-worker.js', import.meta.url),
    data,
  });
  let fatal: SmugError | undefined;
  const end = () => thread.post({ kind: 'end' });
  const explain = async (job: ImageJob): Promise<string> => {
    const { batch, lines, model } = await places.of(job.out);
    if ((await lines.read(job.name)) !== undefined) return tell('known');
    const image = places.imageOf(job);
    const destination = { folder, kinds: batch.files, store: lines.store };
    const line = await imageLine(model, image, { ...batch.options }, destination);
    await lines.keep(line);
    return tell(outcomeOf(line), line);
  };
  const giveUp = async (job: ImageJob): Promise<string> => {
    const { batch, lines } = await places.of(job.out);
    const { input, name } = job;
    const message = `Workers died on it, ${batch.tries} times; it was set aside.`;
    await lines.keep({ input, name, error: { code: 'SET_ASIDE', message } });
    return tell('setAside');
  };
  const tell = (outcome: keyof WorkerReport, line?: BatchLine): string => {
    report[outcome]++;
    onProgress?.(report, line);
    return outcome;
  };
  const answer = async (id: number, task: () => Promise<string>) => {
    try {
      thread.post({ kind: 'done', id, outcome: await task() });
    } catch (error) {
      const { message, code } = error as { message: string; code?: string };
      thread.post({ kind: 'not-done', id, message: code === undefined ? message : `${code}: ${message}` });
      // What fails one image here fails them all: others shall do them.
      fatal ??= error instanceof SmugError ? error : new SmugError('QUEUE_FAILED', message, { cause: error });
      end();
    }
  };
  signal?.addEventListener('abort', end);
  try {
    await new Promise<void>((resolve, reject) => {
      thread.listen({
        message(message) {
          if (message.kind === 'image') void answer(message.id, () => explain(message.job));
          else if (message.kind === 'give-up') void answer(message.id, () => giveUp(message.job));
          else if (message.kind === 'ping') thread.post({ kind: 'pong' });
          else if (message.kind === 'note') onNote?.(message.text);
          else if (message.kind === 'ended') resolve();
          else if (message.kind === 'ready') {
            onReady?.();
            if (signal?.aborted) end();
          } else reject(new SmugError(message.code as SmugErrorCode, message.message));
        },
        failed: reject,
      });
    });
  } finally {
    signal?.removeEventListener('abort', end);
    await thread.end();
    await places.close();
    await rm(folder, { recursive: true, force: true });
  }
  if (fatal) throw fatal;
  return report;
}

/** The batches that images come from, each with its model loaded once. */
class Places {
  readonly stores = new OpenStores();
  readonly #archives = new OpenArchives();
  readonly #options: WorkOptions;
  readonly #batches = new Map<string, Promise<BatchInWork>>();
  readonly #models = new Map<string, Promise<Model>>();

  constructor(options: WorkOptions) {
    this.#options = options;
  }

  of(out: string): Promise<BatchInWork> {
    let batch = this.#batches.get(out);
    if (batch === undefined) {
      batch = this.#open(out);
      this.#batches.set(out, batch);
      // A place that did not answer may answer the next image.
      batch.catch(() => this.#batches.delete(out));
    }
    return batch;
  }

  async #open(out: string): Promise<BatchInWork> {
    const store = await this.stores.open(out, 'out');
    const batch = await readQueuedBatch(store);
    const { timeLimit } = settingsFor(['explain', 'image', 'hide'], batch.options);
    const { lock, model: own, load } = this.#options;
    if (timeLimit === 0 || timeLimit >= lock)
      throw new SmugError(
        'BAD_INPUT',
        `The batch in ${out} has ${timeLimit === 0 ? 'no time limit' : `a time limit of ${timeLimit} s`} per image, and a worker's lock ` +
          `must last longer: ${timeLimit === 0 ? 'submit it with --time-limit' : `start workers with --lock ${timeLimit + 30}`}.`,
      );
    const source = own ?? batch.model;
    const model = this.#models.get(source) ?? loadModel(source, load);
    this.#models.set(source, model);
    return { batch, lines: linesOf(store), model: await model };
  }

  imageOf({ input, name, archive }: ImageJob): BatchImage {
    return archive === undefined
      ? imageAt({ input, name }, (bucket) => this.stores.open(bucket, 'INPUT'))
      : { input, name, read: () => this.#archives.read(archive, input) };
  }

  async close(): Promise<void> {
    await this.#archives.close();
    for (const model of this.#models.values()) (await model.catch(() => undefined))?.dispose();
    this.stores.close();
  }
}
