import { readdir, rm, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { finishedName } from '../files/unfinished.js';
import { IMAGES } from './folders.js';

/**
 * Removes what a kill left unfinished: below `images`, of the images that are to be done, and in the folder of the journal. Files of
 * other images are other shards', which may be writing them now.
 *
 * @param own the folder of the journal, whose lock is held
 * @param names of the images that are to be done
 */
export async function removeLeftovers(out: string, own: string, names: readonly string[]): Promise<void> {
  for (const [file] of await unfinishedIn(own)) await rm(file, { force: true });
  const open = new Set(names);
  const folders = new Set(names.map((name) => posix.dirname(name)));
  for (const folder of folders)
    for (const [file, written] of await unfinishedIn(join(out, IMAGES, folder)))
      if (written === '' ? await isOld(file) : isOf(posix.join(folder, written), open))
        await rm(file, { force: true });
}

/** A probe whether a folder can be written to has no name of an image, and lives for a moment. */
async function isOld(file: string): Promise<boolean> {
  const facts = await stat(file).catch(() => null);
  return facts !== null && Date.now() - facts.mtimeMs > 60_000;
}

async function unfinishedIn(folder: string): Promise<[file: string, written: string][]> {
  const names = await readdir(folder).catch(() => []);
  return names.flatMap((name): [string, string][] => {
    const finished = finishedName(name);
    return finished === undefined ? [] : [[join(folder, name), finished]];
  });
}

/** Whether a file was to be called by one of some images: `a/1.png.overlay.png` by `a/1.png`. */
function isOf(file: string, images: ReadonlySet<string>): boolean {
  for (let name = file; ;) {
    const dot = name.lastIndexOf('.');
    if (dot <= posix.dirname(file).length) return false;
    name = name.slice(0, dot);
    if (images.has(name)) return true;
  }
}
