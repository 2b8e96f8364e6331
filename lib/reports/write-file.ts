import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { SmugError } from '../errors.js';
import { unfinishedPath } from '../files/unfinished.js';

function unwritable(path: string, error: unknown): SmugError {
  // What comes piece by piece may fail where it comes from.
  if (error instanceof SmugError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return new SmugError(
    'FILE_UNWRITABLE',
    `${path} cannot be written: ${message ?? code}. Choose a folder you may write to, with room on its disk.`,
    { cause: error },
  );
}

/**
 * Writes a whole file or nothing: into a new file beside it, which then takes its name. A file that stood
 * there before stays untouched until the new one is complete.
 * @param contents what it will hold; what is too long for memory comes piece by piece
 * @throws SmugError FILE_UNWRITABLE
 */
export async function writeWholeFile(
  path: string,
  contents: string | Uint8Array | AsyncIterable<string>,
): Promise<void> {
  const unfinished = unfinishedPath(path);
  try {
    const file = await open(unfinished, 'wx');
    try {
      if (typeof contents === 'string' || contents instanceof Uint8Array) await file.writeFile(contents);
      else for await (const piece of contents) await file.writeFile(piece);
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {});
    throw unwritable(path, error);
  }
}

/**
 * A folder and those that it lies in. One by one: Node's recursive mkdir never ends below a folder in which none can be made and
 * which says that there is no such folder, as /proc does.
 */
async function makeFolders(folder: string): Promise<void> {
  const missing: string[] = [];
  for (let at = resolve(folder); !existsSync(at); at = dirname(at)) missing.unshift(at);
  for (const path of missing)
    await mkdir(path).catch((error: NodeJS.ErrnoException) => {
      // Somebody else made it meanwhile.
      if (error.code !== 'EEXIST') throw error;
    });
}

/**
 * Makes a folder and proves that files can be written there, before hours of work depend on it.
 * @throws SmugError FILE_UNWRITABLE
 */
export async function prepareFolder(folder: string): Promise<void> {
  const probe = join(folder, `.${randomBytes(6).toString('hex')}.part`);
  try {
    await makeFolders(folder);
    await (await open(probe, 'wx')).close();
    await rm(probe);
  } catch (error) {
    throw unwritable(folder, error);
  }
}
