import type { BatchSummary } from '../api/batch.js';
import { commandOptions, type OwnOptions } from '../api/command-options.js';
import { isBucketUrl } from '../batch/bucket-images.js';
import { listImages, type BatchList } from '../batch/list-images.js';
import { hasManifest, indexManifest } from '../batch/manifest.js';
import { mergeShards } from '../batch/merge-shards.js';
import { runBatch } from '../batch/run-batch.js';
import { chooseShard } from '../batch/shard.js';
import { SmugError } from '../errors.js';
import type { Model } from '../model/model.js';
import { OpenStores } from '../store/open-store.js';
import { terminalSafe } from '../reports/escape.js';
import { fileKindsOf } from './file-kinds.js';
import { batchSummaryText, batchProgressText } from './batch-text.js';
import { ExitCode, UsageError, type Command, type GivenOptions, type Invocation } from './command.js';
import { printError } from './describe-error.js';
import { optionsFor } from './flags.js';
import { jobsOf, threadsOf } from './jobs.js';
import { loadNamedModel } from './load-named-model.js';
import { Progress } from './progress.js';

/** Each holds the model; and this number of them leaves the engine little to wait for. */
const MOST_LANES = 8;

type Own = OwnOptions<'batch'>;

export const batchCommand: Command<Own> = {
  usage: 'INPUT... --model M --out DIR [options]   or   smug batch merge DIR... [--out DIR]',
  summary:
    'Explains any number of images: one index, and chosen files for each. Inputs are images, folders with all images below them, zip and tar ' +
    'files, globs in quotes, s3:// names, @FILE with a list, or - for a list on standard input. Killed at any moment, it goes on where it was ' +
    'when it is called again. ' +
    'merge joins the shards of one batch.',
  example: 'examples/digits --model builtin:mnist-cnn --gamma 0.5 --out smug-batch',
  inputs: [1, Infinity],
  runsLong: true,
  calls: ['load', 'explain', 'image', 'hide'],
  own: commandOptions.batch,
  run,
};

async function run(invocation: Invocation<Own>): Promise<number> {
  const { inputs, json } = invocation;
  const summary = inputs[0] === 'merge' ? await runMerge(invocation) : await runImages(invocation);
  process.stdout.write(json ? `${JSON.stringify(summary)}\n` : batchSummaryText(summary));
  if (summary.failed === 0) return ExitCode.done;
  const message = `${summary.failed} of ${summary.images} images failed; ${summary.index} names them`;
  printError('smug batch', { code: 'INPUTS_FAILED', message }, json);
  return ExitCode.failed;
}

async function runMerge({ inputs: [, ...folders], own, given }: Invocation<Own>): Promise<BatchSummary> {
  const out = own.out ?? (folders.length === 1 ? folders[0] : undefined);
  if (folders.length === 0) throw new UsageError('merge needs the folder of a batch, or those of its shards');
  if (out === undefined) throw new UsageError('--out is required to merge several folders');
  const others = [own.model, own.jobs, own.files, own.shard, own.shards, own.retry, own.store];
  if (others.some((option) => option !== undefined) || Object.keys(given).length > 0)
    throw new UsageError('merge takes no options but --out and --json (a folder of that name is ./merge)');
  return (await indexOfQueue(folders, out)) ?? mergeShards(folders, out);
}

/** The index of a batch that workers of a queue did; undefined where the folder is none. */
async function indexOfQueue([place, ...more]: string[], out: string): Promise<BatchSummary | undefined> {
  if (more.length > 0) return undefined;
  const stores = new OpenStores();
  try {
    const store = await stores.open(place, 'DIR');
    if (!(await hasManifest(store))) return undefined;
    if (isBucketUrl(out))
      throw new UsageError('--out is required: a folder for the index, which goes to the bucket as well');
    return await indexManifest(store, out);
  } finally {
    stores.close();
  }
}

async function runImages(invocation: Invocation<Own>): Promise<BatchSummary> {
  const { inputs, own, given, signal } = invocation;
  const { model: name, out, retry } = own;
  if (name === undefined) throw new UsageError('--model is required');
  if (out === undefined) throw new UsageError('--out is required');
  const kinds = fileKindsOf(own.files);
  const shard = chooseShard(own);
  const jobs = jobsOf(own, given);
  const opened = new OpenStores();
  const progress = new Progress();
  let list: BatchList | undefined;
  let model: Model | undefined;
  let done = 0;
  let total = 0;
  try {
    const store = own.store === undefined ? undefined : await opened.open(own.store, '--store');
    list = await listImages(inputs, out, (url) => opened.open(url, 'INPUT'));
    total = list.images.length;
    model = await loadNamedModel({ ...invocation, own: { model: name } });
    return await runBatch(model, list, {
      ...optionsFor(['explain', 'image', 'hide'], given),
      out,
      kinds,
      jobs,
      lanes: lanesOf(model, given),
      laneModel: { source: name, load: optionsFor(['load'], given) },
      shard,
      store,
      retry,
      signal,
      onProgress: (state) => {
        ({ done, total } = state);
        if (state.line && 'error' in state.line) progress.log(terminalSafe(failureText(state.line)));
        progress.update(batchProgressText(state));
      },
    });
  } catch (error) {
    const keeps: string[] = ['ABORTED', 'FILE_UNWRITABLE', 'STORE_FAILED'];
    if (!(error instanceof SmugError) || !keeps.includes(error.code)) throw error;
    const stopped = `${done} of ${total} images are done and kept; the same command goes on from there`;
    const cause = error.code === 'ABORTED' ? 'Stopped.' : error.message;
    throw new SmugError(error.code, `${cause} ${stopped}.`, { cause: error });
  } finally {
    progress.clear();
    model?.dispose();
    list?.close();
    opened.close();
  }
}

/**
 * Threads that explain, one per two cores: what one of them does in JavaScript takes about a third of an image's time. Each takes memory for the
 * model, so one core more does not get one. The cpu engine's threads are those of the process, whoever asks it; other engines have threads, or
 * memory of a device, for every model that is loaded.
 */
function lanesOf({ engine }: Model, given: GivenOptions): number {
  return engine.name === 'cpu' ? Math.min(MOST_LANES, Math.floor(threadsOf(given) / 2)) : 1;
}

function failureText({ input, error }: { input: string; error: { code: string; message: string } }): string {
  return `${input}: ${error.code}: ${error.message}`;
}
