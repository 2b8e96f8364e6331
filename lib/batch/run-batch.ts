import { join, relative } from 'node:path';
import type { BatchLine, BatchSummary, FileKind } from '../api/batch.js';
import { packageVersion } from '../capabilities.js';
import { aborted } from '../errors.js';
import type { ExplainOptions } from '../explainers/options.js';
import { Journal, type Place } from '../files/journal.js';
import type { Model } from '../model/model.js';
import { prepareFolder } from '../reports/write-file.js';
import { movedLine } from './batch-line.js';
import { JOURNAL, ownFolder } from './folders.js';
import { imageLine, storeFiles } from './image-line.js';
import { Lanes, type LaneModel } from './lanes.js';
import { removeLeftovers } from './leftovers.js';
import type { BatchImage } from './batch-image.js';
import type { BatchList } from './list-images.js';
import type { Shard } from './shard.js';
import type { Store } from './store.js';
import { StoredLines } from './stored-lines.js';
import { outcomeOf, type Outcome } from './summary.js';
import { writeIndex } from './write-index.js';

export interface BatchOptions extends Omit<ExplainOptions, 'onProgress' | 'certificate'> {
  /** The batch's folder. */
  out: string;
  /** Which files are written about every image. */
  kinds: readonly FileKind[];
  /** Images in flight at once. */
  jobs: number;
  /** Threads that explain, each with the model loaded for itself; 1: the caller's. Default 1. */
  lanes?: number;
  /** What threads load: the caller's model. */
  laneModel?: LaneModel;
  shard?: Shard;
  /** Takes the files of images, a line per finished image, the index and the summary; the journal stays in `out`. */
  store?: Store;
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

/** A thread takes a moment to load the model: fewer images are not worth it. */
const IMAGES_PER_LANE = 4;

/** What a journal holds of an image: how it ended. Files stand in it from the batch's folder. */
type Entry = BatchLine;

/**
 * Explains the images of a list, several at once. What is finished is on disk, files first and then a line of the journal:
 * killed at any moment, by a loss of power as well, the batch loses no finished image and repeats none when it is run again.
 * Once every image is done, the index and the summary are written. With a store a machine that has no journal goes on, too, from
 * the lines that stand there.
 *
 * An image that fails is recorded with its reason and stops nothing.
 * @throws SmugError FILE_UNWRITABLE and others that would fail every image; BAD_INPUT where the folder holds another batch, or
 *   another process is at work there; ABORTED; TypeError or RangeError that names an option
 */
export async function runBatch(model: Model, list: BatchList, options: BatchOptions): Promise<BatchSummary> {
  const { out, kinds, jobs, lanes, laneModel, shard, store, retry, onProgress, signal, ...explain } = options;
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
  let threads: Lanes | undefined;
  try {
    const stored =
      store && new StoredLines(store, ownFolder(shard) && `${ownFolder(shard).replaceAll('\\', '/')}/`);
    if (stored) {
      const { root: _, ...work } = head;
      await stored.claim(work);
      await takeOver(stored, wanted, done, retry === true, jobs, async (line) =>
        before(line, await journal.add(line)),
      );
    }
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
    const count = Math.min(lanes ?? 1, jobs, Math.floor(open.length / IMAGES_PER_LANE));
    const place = { folder: out, kinds };
    if (count > 1 && laneModel)
      threads = new Lanes(
        { model: laneModel, options: explain, ...place, stored: store !== undefined },
        count,
        signal,
      );
    await atOnce(open, jobs, signal, async (image) => {
      const fresh = threads
        ? await storeFiles(await threads.explain(image), { folder: out, store })
        : await imageLine(model, image, { ...explain, signal }, { ...place, store });
      const line = stored ? await stored.keep(fresh) : fresh;
      const outcome = outcomeOf(line);
      done.set(image.name, { place: await journal.add(line), outcome });
      counts[outcome]++;
      finished++;
      report(line);
    });
    const way = relative(own, out).replaceAll('\\', '/');
    const summary = await writeIndex(own, lines(images, done, journal, way));
    await stored?.publish(own);
    return summary;
  } finally {
    await threads?.end();
    await journal.close();
  }
}

/** What a journal says it is of. Whatever changes results or their names is part of it. */
function batchHead(
  model: Model,
  { root, digest }: BatchList,
  { explain, kinds, shard }: { explain: ExplainOptions; kinds: readonly FileKind[]; shard?: Shard },
) {
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

/** Adds to the journal what stands in the store only. Images that failed are removed there instead, where they are to be done again. */
async function takeOver(
  stored: StoredLines,
  wanted: ReadonlySet<string>,
  done: ReadonlyMap<string, unknown>,
  retry: boolean,
  jobs: number,
  add: (line: BatchLine) => Promise<void>,
): Promise<void> {
  const missing: string[] = [];
  for await (const name of stored.images()) if (wanted.has(name) && !done.has(name)) missing.push(name);
  await atOnce(missing, jobs, undefined, async (name) => {
    const line = await stored.read(name);
    if (line === undefined) return;
    if (retry && outcomeOf(line) === 'failed') await stored.remove(name);
    else await add(line);
  });
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
