import type { FileKind } from '../api/batch.js';
import type { QueuedBatch } from '../api/queue.js';
import type { BatchList } from '../batch/list-images.js';
import { StoredLines } from '../batch/stored-lines.js';
import { HEAD } from '../batch/folders.js';
import type { Store } from '../batch/store.js';
import { packageVersion } from '../capabilities.js';
import { SmugError } from '../errors.js';

/** What is asked of every image of a batch. */
export interface AskedOfBatch extends Pick<QueuedBatch, 'model' | 'options' | 'tries'> {
  files: readonly FileKind[];
}

export function queuedBatch({ digest, images }: BatchList, settings: AskedOfBatch): QueuedBatch {
  const { model, options, files, tries } = settings;
  return {
    batch: 1,
    version: packageVersion(),
    model,
    options,
    files: [...files],
    digest,
    images: images.length,
    tries,
  };
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
