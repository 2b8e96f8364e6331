import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Where the user's system keeps what a program can find out anew. */
export function cacheFolder(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, 'smug-explain');
  if (process.platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'smug-explain');
  const [first, ...rest] = process.platform === 'darwin' ? ['Library', 'Caches'] : ['.cache'];
  return join(homedir(), first, ...rest, 'smug-explain');
}

/** Writes a file of that folder, whole or not at all. One that cannot be written costs time, not correctness. */
export function keepInCache(path: string, content: string) {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const draft = `${path}.${process.pid}`;
    writeFileSync(draft, content);
    renameSync(draft, path);
  } catch {
    // Every process then finds out for itself.
  }
}
