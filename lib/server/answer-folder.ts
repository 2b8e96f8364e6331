import { readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareFolder, writeWholeFile } from '../reports/write-file.js';
import type { Answer } from './answer.js';

const ENDING = '.answer';

/**
 * Answers as files, up to a number of bytes: the one that nobody asked for the longest goes first. Several processes may share a folder;
 * a file that another one took away is an answer that is not known. Keys are hashes, so no client's word becomes a path.
 */
export class AnswerFolder {
  /** Bytes of each file, the least lately used first. */
  readonly #files = new Map<string, number>();
  #bytes = 0;

  private constructor(
    readonly folder: string,
    readonly most: number,
  ) {}

  /** @throws SmugError FILE_UNWRITABLE */
  static async open(folder: string, most: number): Promise<AnswerFolder> {
    await prepareFolder(folder);
    const kept = new AnswerFolder(folder, most);
    const found = await Promise.all(
      (await readdir(folder))
        .filter((name) => name.endsWith(ENDING))
        .map(async (name) => ({ name, info: await stat(join(folder, name)).catch(() => null) })),
    );
    const files = found.flatMap(({ name, info }) => (info === null ? [] : [{ name, info }]));
    files.sort((a, b) => a.info.mtimeMs - b.info.mtimeMs);
    for (const { name, info } of files) await kept.#count(name.slice(0, -ENDING.length), info.size);
    return kept;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async get(key: string): Promise<Answer | null> {
    const file = await readFile(this.#path(key)).catch(() => null);
    const end = file?.indexOf(0x0a) ?? -1;
    if (file === null || end < 0) return null;
    await this.#count(key, file.length);
    const now = new Date();
    // The next process, too, shall know what was asked for lately.
    await utimes(this.#path(key), now, now).catch(() => undefined);
    return { type: file.toString('latin1', 0, end), body: file.subarray(end + 1) };
  }

  /** @throws SmugError FILE_UNWRITABLE */
  async put(key: string, { type, body }: Answer): Promise<void> {
    const file = Buffer.concat([Buffer.from(`${type}\n`), body]);
    if (file.length > this.most) return;
    await writeWholeFile(this.#path(key), file);
    await this.#count(key, file.length);
  }

  #path(key: string): string {
    return join(this.folder, key + ENDING);
  }

  async #count(key: string, bytes: number): Promise<void> {
    this.#bytes += bytes - (this.#files.get(key) ?? 0);
    this.#files.delete(key);
    this.#files.set(key, bytes);
    for (const [oldest, size] of this.#files) {
      if (this.#bytes <= this.most) break;
      this.#files.delete(oldest);
      this.#bytes -= size;
      await rm(this.#path(oldest), { force: true }).catch(() => undefined);
    }
  }
}
