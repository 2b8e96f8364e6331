import { mkdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { BatchLine, BatchSummary, FileKind } from '../api/batch.js';
import { packageVersion } from '../capabilities.js';
import { aborted, isArgumentError, SmugError, type SmugErrorCode } from '../errors.js';
import { explainImage } from '../explainers/explain-image.js';
import type { ExplainOptions } from '../explainers/options.js';
import { Journal, type Place } from '../files/journal.js';
import type { Model } from '../model/model.js';
import { writeExplanationFiles } from '../reports/explanation-files.js';
import { prepareFolder } from '../reports/write-file.js';
import { explainedLine, movedLine } from './batch-line.js';
import { IMAGES, JOURNAL, ownFolder } from './folders.js';
import { removeLeftovers } from './leftovers.js';
import type { BatchImage, BatchList } from './list-images.js';
import type { Shard } from './shard.js';
import { outcomeOf, type Outcome } from './summary.js';
import { toDisk } from './to-disk.js';
import { writeIndex } from './write-index.js';

export interface BatchOptions extends Omit<ExplainOptions, 'onProgress' | 'certificate'> {
  /** The batch's folder. */
  out: string;
  /** Which files are written about every image. */
  kinds: readonly FileKind[];
  /** Images in flight at once. */
  jobs: number;
  shard?: Shard;
  /** Takes up images again that failed before. */
  retry?: boolean;
  /** Told at the start and after every image. */
  onProgress?: (progress: BatchProgress) => void;
}

export interface BatchProgress {
  done: number;
  total: number;
  /** How the images that are done ended. */
  counts: Readonly<Record<Outcome, number>>;
  /** Images a second of this run, and seconds until the end at that pace; null before the first image. */
  pace: number | null;
  secondsLeft: number | null;
  /** The image that was finished last. */
  line?: BatchLine;
}

/** What a journal holds of an image: how it ended. Files stand in it from the batch's folder. */
type Entry = BatchLine;

/** What would fail every image that follows as well: the batch stops, and goes on when that is mended. */
const hopeless: readonly SmugErrorCode[] = [
  'FILE_UNWRITABLE',
  'ENGINE_UNAVAILABLE',
  'SOLVER_UNAVAILABLE',
  'MISSING_PART',
  'DEVICE_LOST',
];

/**
 * Explains the images of a list, several at once. What is finished is on disk, files first and then a line of the journal:
 * killed at any moment, by a loss of power as well, the batch loses no finished image and repeats none when it is run again.
 * Once every image is done, the index and the summary are written.
 *
 * An image that fails is recorded with its reason and stops nothing.
 * @throws SmugError FILE_UNWRITABLE and others that would fail every image; BAD_INPUT where the folder holds another batch, or
 *   another process is at work there; ABORTED; TypeError or RangeError that names an option
 */
export async function runBatch(model: Model, list: BatchList, options: BatchOptions): Promise<BatchSummary> {
  const { out, kinds, jobs, shard, retry, onProgress, signal, ...explain } = options;
  const images = list.images.filter((_, at) => shard === undefined || at % shard.count === shard.index - 1);
  const own = join(out, ownFolder(shard));
  await prepareFolder(own);
  const wanted = new Set(images.map(({ name }) => name));
  const done = new Map<string, { place: Place; outcome: Outcome }>();
  const before = (entry: Entry, place: Place) => {
    const outcome = outcomeOf(entry);
    if (retry && outcome === 'failed') done.delete(entry.name);
    else if (wanted.has(entry.name)) done.set(entry.name, { place, outcome });
  };
  const head = batchHead(model, list, { explain, kinds, shard });
  const journal = await Journal.open<Entry>(join(own, JOURNAL), head, before);
  try {
    const counts = { proven: 0, notProven: 0, failed: 0 };
    for (const { outcome } of done.values()) counts[outcome]++;
    const open = images.filter(({ name }) => !done.has(name));
    const names = open.map(({ name }) => name);
    await removeLeftovers(out, own, names);
    const start = performance.now();
    let finished = 0;
    const report = (line?: BatchLine) => {
      const pace = finished > 0 ? finished / ((performance.now() - start) / 1000) : null;
      const secondsLeft = pace === null ? null : (open.length - finished) / pace;
      onProgress?.({ done: done.size, total: images.length, counts, pace, secondsLeft, line });
    };
    report();
    await atOnce(open, jobs, signal, async (image) => {
      const line = await explainOne(model, image, { ...explain, signal }, out, kinds);
      const outcome = outcomeOf(line);
      done.set(image.name, { place: await journal.add(line), outcome });
      counts[outcome]++;
      finished++;
      report(line);
    });
    const way = relative(own, out).replaceAll('\\', '/');
    return await writeIndex(own, lines(images, done, journal, way));
  } finally {
    await journal.close();
  }
}

/** What a journal says it is of. Whatever changes results or their names is part of it. */
function batchHead(
  model: Model,
  { root, digest }: BatchList,
  { explain, kinds, shard }: { explain: ExplainOptions; kinds: readonly FileKind[]; shard?: Shard },
): object {
  const { threads: _, ...options } = explain;
  return {
    batch: 1,
    version: packageVersion(),
    model: model.file.source,
    options,
    files: kinds,
    root,
    // A folder that grows is the same batch; shards of it would be other shards.
    ...(shard && { shard, digest }),
  };
}

async function* lines(
  images: readonly BatchImage[],
  done: ReadonlyMap<string, { place: Place }>,
  journal: Journal<Entry>,
  way: string,
): AsyncGenerator<BatchLine, void, void> {
  for (const { name } of images) yield movedLine(await journal.read(done.get(name)!.place), way);
}

/** Runs `work` on every item, up to `count` at a time. The first failure ends it, once what is under way has ended. */
async function atOnce<Item>(
  items: readonly Item[],
  count: number,
  signal: AbortSignal | undefined,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failed = false;
  const lane = async () => {
    while (next < items.length && !failed) {
      if (signal?.aborted) throw aborted(signal);
      const item = items[next++];
      try {
        await work(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(count, items.length) }, lane));
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure) throw failure.reason;
}

async function explainOne(
  model: Model,
  image: BatchImage,
  options: ExplainOptions,
  out: string,
  kinds: readonly FileKind[],
): Promise<BatchLine> {
  const { input, name } = image;
  try {
    const certificate = kinds.includes('certificate');
    const explanation = await explainImage(model, input, { ...options, certificate });
    // The solver gives what it has when it is stopped: less than the same call gives undisturbed.
    if (options.signal?.aborted) throw aborted(options.signal);
    if (kinds.length > 0) {
      const path = join(out, IMAGES, name);
      await onDisk(path, () => mkdir(dirname(path), { recursive: true }));
      await writeExplanationFiles(explanation, join(out, IMAGES), { name, kinds });
      await onDisk(path, () => toDisk(explanation.files));
    }
    return explainedLine(image, explanation, out);
  } catch (error) {
    if (options.signal?.aborted || isArgumentError(error)) throw error;
    const { code = 'INTERNAL', message } = error as { code?: string; message: string };
    if ((hopeless as readonly string[]).includes(code)) throw error;
    return { input, name, error: { code: /^[A-Z_]+$/.test(code) ? code : 'INTERNAL', message } };
  }
}

/** What the disk refuses ends the batch, and not this image alone. */
async function onDisk(path: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    const { message } = cause as Error;
    throw new SmugError('FILE_UNWRITABLE', `${path} cannot be written: ${message}.`, { cause });
  }
}
