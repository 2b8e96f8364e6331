import { open, readFile, type FileHandle } from 'node:fs/promises';
import { SmugError } from '../errors.js';

/**
 * Finished work, a line of JSON each, that survives the process: a line is on disk before `add` resolves. A line that a kill
 * cut off is not there when the journal is opened again.
 */
export class Journal<Entry> {
  private constructor(
    private readonly file: FileHandle,
    /** What was finished before. */
    readonly before: readonly Entry[],
  ) {}

  /**
   * @param head what the work is: a journal that begins with another one belongs to other work
   * @throws SmugError FILE_UNWRITABLE, BAD_INPUT
   */
  static async open<Entry>(path: string, head: object): Promise<Journal<Entry>> {
    const text = await readFile(path, 'utf8').catch(() => '');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const [first, ...lines] = whole.split('\n').filter(Boolean);
    const wanted = JSON.stringify(head);
    if (first !== undefined && first !== wanted)
      throw new SmugError(
        'BAD_INPUT',
        `${path} belongs to other work (${first.slice(0, 200)}); choose another folder or remove it.`,
      );
    try {
      const file = await open(path, 'a+');
      // What a kill cut off goes, so that the next line stands on its own.
      if (whole.length < text.length) await file.truncate(Buffer.byteLength(whole));
      const journal = new Journal<Entry>(
        file,
        lines.map((line) => JSON.parse(line) as Entry),
      );
      if (first === undefined) await journal.#write(wanted);
      return journal;
    } catch (error) {
      throw unwritable(path, error);
    }
  }

  async add(entry: Entry): Promise<void> {
    try {
      await this.#write(JSON.stringify(entry));
    } catch (error) {
      throw unwritable('the journal', error);
    }
  }

  close(): Promise<void> {
    return this.file.close();
  }

  async #write(line: string): Promise<void> {
    await this.file.appendFile(`${line}\n`);
    await this.file.datasync();
  }
}

function unwritable(path: string, error: unknown): SmugError {
  if (error instanceof SmugError) return error;
  const { message } = error as Error;
  return new SmugError(
    'FILE_UNWRITABLE',
    `${path} cannot be written: ${message}. What is finished is kept; go on when there is room.`,
    {
      cause: error,
    },
  );
}
