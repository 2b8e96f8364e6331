import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BatchLine } from '../api/batch.js';
import { SmugError } from '../errors.js';
import { HEAD, INDEX, INDEX_TABLE, LINES, SUMMARY } from './folders.js';
import type { Store } from './store.js';

/** The lines of a batch or shard in a store, an object each: what several machines finish is there once. */
export class StoredLines {
  /** @param own the folder of the batch or shard in the store, empty or with a `/` at its end */
  constructor(
    readonly store: Store,
    readonly own: string,
  ) {}

  /**
   * Says what work the lines are of; false where that stood there before.
   * @throws SmugError BAD_INPUT where the place holds other work
   */
  async claim(head: object): Promise<boolean> {
    const wanted = `${JSON.stringify(head)}\n`;
    const name = `${this.own}${HEAD}`;
    if (await this.store.write(name, wanted, { ifAbsent: true })) return true;
    const there = (await this.store.read(name))?.toString('utf8');
    if (there !== wanted)
      throw new SmugError(
        'BAD_INPUT',
        `${this.store.url} holds other work (${there?.slice(0, 200)}); choose another place or empty it.`,
      );
    return false;
  }

  /**
   * Keeps the line of an image, once: of two that finish the same image the first one's stays.
   * @returns the line that is kept
   */
  async keep(line: BatchLine): Promise<BatchLine> {
    const contents = `${JSON.stringify(line)}\n`;
    if (await this.store.write(this.#name(line.name), contents, { ifAbsent: true })) return line;
    const kept = await this.read(line.name);
    if (kept !== undefined) return kept;
    throw new SmugError(
      'STORE_FAILED',
      `${this.store.url}: the result of ${line.name} was there and is gone.`,
    );
  }

  /** The line of an image, undefined where it has none. */
  async read(image: string): Promise<BatchLine | undefined> {
    const contents = await this.store.read(this.#name(image));
    if (contents === undefined) return undefined;
    try {
      return JSON.parse(contents.toString('utf8')) as BatchLine;
    } catch (cause) {
      const what = `${this.#name(image)} is no result: ${contents.length} bytes`;
      throw new SmugError('STORE_FAILED', `${this.store.url}: ${what}.`, { cause });
    }
  }

  remove(image: string): Promise<void> {
    return this.store.remove(this.#name(image));
  }

  /** Names of the images that have a line. */
  async *images(): AsyncGenerator<string, void, void> {
    const before = `${this.own}${LINES}/`;
    for await (const { name } of this.store.list(before))
      if (name.endsWith('.json')) yield name.slice(before.length, -'.json'.length);
  }

  /** Copies index and summary into the store. @param folder where they stand */
  async publish(folder: string): Promise<void> {
    for (const name of [INDEX, INDEX_TABLE, SUMMARY])
      await this.store.write(`${this.own}${name}`, await readFile(join(folder, name)));
  }

  #name(image: string): string {
    return `${this.own}${LINES}/${image}.json`;
  }
}
