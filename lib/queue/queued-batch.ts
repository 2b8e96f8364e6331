import type { FileKind } from '../api/batch.js';
import type { BatchList } from '../batch/list-images.js';
import { StoredLines } from '../batch/stored-lines.js';
import { HEAD } from '../batch/folders.js';
import type { Store } from '../batch/store.js';
import { packageVersion } from '../capabilities.js';
import { SmugError } from '../errors.js';
import type { ExplainOptions } from '../explainers/options.js';

/** What a batch of the queue is, as it stands in its place: every worker reads it there. */
export interface QueuedBatch {
  batch: 1;
  version: string;
  model: string;
  options: ExplainOptions;
  files: readonly FileKind[];
  /** Hash of the list of images. */
  digest: string;
  images: number;
  /** How often an image is tried before it is set aside. */
  tries: number;
}

export function queuedBatch(
  { digest, images }: BatchList,
  settings: Pick<QueuedBatch, 'model' | 'options' | 'files' | 'tries'>,
): QueuedBatch {
  const { model, options, files, tries } = settings;
  return { batch: 1, version: packageVersion(), model, options, files, digest, images: images.length, tries };
}

/** @throws SmugError BAD_INPUT where no batch of this version stands there */
export async function readQueuedBatch(store: Store): Promise<QueuedBatch> {
  const text = (await store.read(HEAD))?.toString('utf8');
  if (text === undefined)
    throw new SmugError('BAD_INPUT', `${store.url} holds no batch: ${HEAD} is missing.`);
  const head = JSON.parse(text) as QueuedBatch;
  if (head.version !== packageVersion())
    throw new SmugError(
      'BAD_INPUT',
      `${store.url} was submitted by version ${head.version}, and this is ${packageVersion()}: results would not be alike.`,
    );
  return head;
}

export function linesOf(store: Store): StoredLines {
  return new StoredLines(store, '');
}
