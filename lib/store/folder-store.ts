import { link, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import type { Store, StoredObject } from '../batch/store.js';
import { toDisk } from '../batch/to-disk.js';
import { SmugError } from '../errors.js';
import { unfinishedPath } from '../files/unfinished.js';

/** A folder that its users share, by a network's file system as well. What is written outlasts a loss of power. */
export class FolderStore implements Store {
  readonly url: string;

  constructor(folder: string) {
    this.url = resolve(folder);
  }

  async read(name: string): Promise<Buffer | undefined> {
    try {
      return await readFile(this.#path(name));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw this.#failed(name, 'read', error);
    }
  }

  async write(
    name: string,
    contents: Uint8Array | string,
    { ifAbsent = false }: { ifAbsent?: boolean } = {},
  ): Promise<boolean> {
    const path = this.#path(name);
    const unfinished = unfinishedPath(path);
    try {
      await mkdir(dirname(path), { recursive: true });
      const file = await open(unfinished, 'wx');
      try {
        await file.writeFile(contents);
        await file.sync();
      } finally {
        await file.close();
      }
      // Unlike a new name, a link is refused where the name is taken.
      if (ifAbsent) await link(unfinished, path);
      else await rename(unfinished, path);
      await toDisk([path]);
      return true;
    } catch (error) {
      if (ifAbsent && (error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw this.#failed(name, 'written', error);
    } finally {
      await rm(unfinished, { force: true }).catch(() => {});
    }
  }

  async remove(name: string): Promise<void> {
    try {
      await rm(this.#path(name), { force: true });
    } catch (error) {
      throw this.#failed(name, 'removed', error);
    }
  }

  async *list(prefix: string): AsyncGenerator<StoredObject, void, void> {
    yield* this.#below(prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix);
  }

  close(): void {}

  /** Of names that share a folder; a folder sorts as what it holds, with its `/`. */
  async *#below(folder: string, prefix: string): AsyncGenerator<StoredObject, void, void> {
    const entries = await readdir(this.#path(folder), { withFileTypes: true }).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw this.#failed(folder, 'listed', error);
    });
    const names = entries
      .filter(({ name }) => !name.startsWith('.'))
      .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`)
      .filter((name) => name.startsWith(prefix) || prefix.startsWith(name))
      .sort((a, b) => (a < b ? -1 : 1));
    for (const name of names) {
      if (name.endsWith('/')) {
        yield* this.#below(name, prefix);
        continue;
      }
      const facts = await stat(this.#path(name)).catch(() => null);
      if (facts?.isFile()) yield { name, size: facts.size, tag: `${facts.size}-${facts.mtimeMs}` };
    }
  }

  /** @throws SmugError BAD_INPUT for a name that leads out of the folder */
  #path(name: string): string {
    const path = join(this.url, name);
    if (path !== this.url && !`${path}${sep}`.startsWith(join(this.url, sep)))
      throw new SmugError('BAD_INPUT', `${name} leads out of ${this.url}.`);
    return path;
  }

  #failed(name: string, what: string, cause: unknown): SmugError {
    const { message } = cause as Error;
    return new SmugError('STORE_FAILED', `${join(this.url, name)} cannot be ${what}: ${message}.`, { cause });
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
