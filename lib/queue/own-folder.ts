import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isHere, isRunning, ourselves, type Holder } from '../files/holder.js';
import { writeWholeFile } from '../reports/write-file.js';

const PREFIX = 'smug-worker-';
/** Names the process that works in the folder. */
const OWNER = '.owner.json';

/** A folder for a worker's files until they are stored. Those of workers of this machine that were killed are removed. */
export async function workerFolder(): Promise<string> {
  await removeOrphans();
  const folder = await mkdtemp(join(tmpdir(), PREFIX));
  // In one step: half an owner, left by a kill, would keep the folder for ever.
  await writeWholeFile(join(folder, OWNER), JSON.stringify(ourselves()));
  return folder;
}

async function removeOrphans(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const folder = join(tmpdir(), name);
    try {
      const owner = JSON.parse(await readFile(join(folder, OWNER), 'utf8')) as Holder;
      if (isHere(owner) && !isRunning(owner)) await rm(folder, { recursive: true, force: true });
    } catch {
      // Just made, another user's, or removed by another worker meanwhile.
    }
  }
}
