import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareFolder, writeWholeFile } from '../reports/write-file.js';

/** An answer as it is sent. */
export interface Answer {
  type: string;
  body: Buffer;
}

/**
 * Answers by what was asked (a hash of model, input and options): the last ones in memory up to so many bytes, all of them
 * in a folder where there is one. Keys are hashes, so no client's word becomes a path.
 */
export class AnswerCache {
  readonly #kept = new Map<string, Answer>();
  #bytes = 0;

  private constructor(
    readonly most: number,
    readonly folder: string | undefined,
  ) {}

  static async open(most: number, folder?: string): Promise<AnswerCache> {
    if (folder !== undefined) await prepareFolder(folder);
    return new AnswerCache(most, folder);
  }

  get bytes(): number {
    return this.#bytes;
  }

  async get(key: string): Promise<Answer | null> {
    const known = this.#kept.get(key);
    if (known) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return known;
    }
    if (this.folder === undefined) return null;
    const file = await readFile(this.#path(key)).catch(() => null);
    const end = file?.indexOf(0x0a) ?? -1;
    if (file === null || end < 0) return null;
    const answer = { type: file.toString('latin1', 0, end), body: file.subarray(end + 1) };
    this.#keep(key, answer);
    return answer;
  }

  /** A folder that cannot be written does not fail the answer: it is told once per answer to whoever logs. */
  async put(key: string, answer: Answer): Promise<void> {
    this.#keep(key, answer);
    if (this.folder !== undefined)
      await writeWholeFile(this.#path(key), Buffer.concat([Buffer.from(`${answer.type}\n`), answer.body]));
  }

  #path(key: string): string {
    return join(this.folder!, `${key}.answer`);
  }

  #keep(key: string, answer: Answer): void {
    if (answer.body.length > this.most || this.#kept.has(key)) return;
    this.#kept.set(key, answer);
    this.#bytes += answer.body.length;
    for (const [oldest, { body }] of this.#kept) {
      if (this.#bytes <= this.most) break;
      this.#kept.delete(oldest);
      this.#bytes -= body.length;
    }
  }
}
