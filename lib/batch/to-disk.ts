import { open } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes sure that files, and their names in their folders, outlast a loss of power. Where a system cannot do that for a
 * folder (Windows), the files alone are written through.
 * @throws the system's own error, as ENOSPC or EIO, where the disk takes less than it had promised
 */
export async function toDisk(files: readonly string[]): Promise<void> {
  for (const path of files) await sync(path, 'r+');
  if (process.platform === 'win32') return;
  for (const folder of new Set(files.map((path) => dirname(path)))) await sync(folder, 'r');
}

async function sync(path: string, flags: string): Promise<void> {
  const file = await open(path, flags);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
