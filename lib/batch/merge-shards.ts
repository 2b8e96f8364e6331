import { readdir, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { BatchLine, BatchSummary } from '../api/batch.js';
import { SmugError } from '../errors.js';
import { wholeLines } from '../files/journal.js';
import { prepareFolder } from '../reports/write-file.js';
import { movedLine } from './batch-line.js';
import { INDEX, JOURNAL, SHARDS } from './folders.js';
import type { Shard } from './shard.js';
import { writeIndex } from './write-index.js';

interface ShardFolder {
  folder: string;
  shard: Shard;
  /** What all shards of a batch have in common. */
  work: string;
}

/**
 * Joins the shards of a batch: one index, in the order that one run over everything has, and one summary. The images' files
 * stay where they are; the index names them from its own folder.
 *
 * @param folders folders of batches, or of single shards, of the same batch
 * @param out the folder of the index
 * @throws SmugError BAD_INPUT that names every shard that is missing, not finished, there twice, or of another batch;
 *   FILE_UNWRITABLE
 */
export async function mergeShards(folders: readonly string[], out: string): Promise<BatchSummary> {
  const shards: ShardFolder[] = [];
  for (const folder of folders) for (const each of await shardFolders(folder)) shards.push(each);
  const ordered = await checked(shards);
  await prepareFolder(out);
  return writeIndex(out, interleaved(ordered, out));
}

async function shardFolders(folder: string): Promise<ShardFolder[]> {
  if (await isThere(join(folder, JOURNAL))) return [await readShard(folder)];
  const names = await readdir(join(folder, SHARDS)).catch(() => []);
  const candidates = names.map((name) => join(folder, SHARDS, name));
  const shards: ShardFolder[] = [];
  for (const candidate of candidates)
    if (await isThere(join(candidate, JOURNAL))) shards.push(await readShard(candidate));
  if (shards.length === 0)
    throw new SmugError('BAD_INPUT', `${folder} holds no shard: neither ${JOURNAL} nor ${SHARDS}/….`);
  return shards;
}

async function readShard(folder: string): Promise<ShardFolder> {
  for await (const { text } of wholeLines(join(folder, JOURNAL))) {
    // The place of the images may differ from machine to machine.
    const { shard, root: _, ...work } = headOf(text);
    if (shard !== undefined) return { folder, shard, work: JSON.stringify(work) };
    break;
  }
  throw new SmugError('BAD_INPUT', `${folder} is no shard of a batch: its journal says nothing of one.`);
}

function headOf(text: string): { shard?: Shard; root?: string } {
  try {
    return JSON.parse(text) as { shard?: Shard };
  } catch {
    return {};
  }
}

/** The shards in their order. @throws SmugError BAD_INPUT */
async function checked(shards: readonly ShardFolder[]): Promise<ShardFolder[]> {
  const [{ work, shard }] = shards;
  const faults: string[] = [];
  const ordered = new Array<ShardFolder | undefined>(shard.count).fill(undefined);
  for (const each of shards) {
    const { index, count } = each.shard;
    if (count !== shard.count || each.work !== work) faults.push(`${each.folder} is of another batch`);
    else if (ordered[index - 1]) faults.push(`shard ${index} is there twice, ${each.folder}`);
    else ordered[index - 1] = each;
    if (!(await isThere(join(each.folder, INDEX)))) faults.push(`${each.folder} is not finished`);
  }
  const missing = [...ordered.keys()].filter((at) => ordered[at] === undefined).map((at) => at + 1);
  if (missing.length > 0) faults.push(`missing of ${shard.count} shards: ${some(missing.map(String), ', ')}`);
  if (faults.length > 0)
    throw new SmugError('BAD_INPUT', `The shards cannot be joined: ${some(faults, '; ')}.`);
  return ordered as ShardFolder[];
}

function some(list: readonly string[], separator: string): string {
  return list.length > 20 ? `${list.slice(0, 20).join(separator)}${separator}…` : list.join(separator);
}

/** One line of every shard in turn, as the images were dealt. */
async function* interleaved(
  shards: readonly ShardFolder[],
  out: string,
): AsyncGenerator<BatchLine, void, void> {
  const sources = shards.map(({ folder }) => ({
    way: relative(resolve(out), resolve(folder)).replaceAll('\\', '/'),
    lines: wholeLines(join(folder, INDEX)),
  }));
  for (let at = 0; ; at = (at + 1) % sources.length) {
    const { way, lines } = sources[at];
    const next = await lines.next();
    // As images were dealt in turn, the first shard that ends is the end of all.
    if (next.done) break;
    yield movedLine(JSON.parse(next.value.text) as BatchLine, way);
  }
  for (const [at, { lines }] of sources.entries())
    if (!(await lines.next()).done)
      throw new SmugError(
        'BAD_INPUT',
        `${shards[at].folder}: its ${INDEX} is longer than those of the others.`,
      );
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
