import type { Answer } from './answer.js';
import { AnswerFolder } from './answer-folder.js';

/**
 * Answers by what was asked (a hash of model, input and options): the last ones in memory up to `bytes`, more of them in a folder
 * where there is one.
 */
export class AnswerCache {
  readonly #kept = new Map<string, Answer>();
  #bytes = 0;

  private constructor(
    readonly most: number,
    readonly folder: AnswerFolder | null,
  ) {}

  /** @throws SmugError FILE_UNWRITABLE */
  static async open(most: number, folder?: string, folderMost = Infinity): Promise<AnswerCache> {
    return new AnswerCache(most, folder === undefined ? null : await AnswerFolder.open(folder, folderMost));
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
    const answer = (await this.folder?.get(key)) ?? null;
    if (answer !== null) this.#keep(key, answer);
    return answer;
  }

  /** @throws SmugError FILE_UNWRITABLE where the folder takes no more; it is kept in memory all the same */
  async put(key: string, answer: Answer): Promise<void> {
    this.#keep(key, answer);
    await this.folder?.put(key, answer);
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
