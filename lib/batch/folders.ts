import { join } from 'node:path';
import type { Shard } from './shard.js';

/** Files about images stand here, in folders as the images' own. */
export const IMAGES = 'images';
/** Shards stand here, each with its own journal, index and summary. */
export const SHARDS = 'shards';
/** In a store: one line per finished image. */
export const LINES = 'lines';
/** In a store: what work it holds. */
export const HEAD = 'batch.json';
export const JOURNAL = 'journal.jsonl';
export const INDEX = 'index.jsonl';
/** The same as a table. */
export const INDEX_TABLE = 'index.parquet';
export const SUMMARY = 'summary.json';

/** The folder of a batch's or a shard's journal, index and summary, from the batch's folder. */
export function ownFolder(shard: Shard | undefined): string {
  return shard === undefined ? '' : join(SHARDS, `${shard.index}-of-${shard.count}`);
}
