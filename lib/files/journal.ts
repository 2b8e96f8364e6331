import { open, type FileHandle } from 'node:fs/promises';
import { SmugError } from '../errors.js';
import { Lock } from './lock.js';

/** Where a line of a journal stands: bytes from the file's start, without the line feed. */
export interface Place {
  offset: number;
  length: number;
}

/**
 * Finished work, a line of JSON each, that survives the process: a line is on disk before `add` resolves. A line that a kill
 * cut off is not there when the journal is opened again. A journal is as long as the work; none of it is kept in memory. Its
 * owner holds a lock on it until it is closed.
 */
export class Journal<Entry> {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #lock: Lock;
  /** Bytes of whole lines. */
  #length: number;
  /** Lines on their way: whoever adds while others are written shares the next write. */
  #waiting: { line: Buffer; done: (place: Place) => void; failed: (error: unknown) => void }[] = [];
  #writing = false;
  /** Why nothing can be added any more. */
  #broken: SmugError | undefined;

  private constructor(file: FileHandle, path: string, lock: Lock, length: number) {
    this.#file = file;
    this.#path = path;
    this.#lock = lock;
    this.#length = length;
  }

  /**
   * @param head what the work is: a journal that begins with another one belongs to other work
   * @param onBefore told what was finished before, in the order in which it was, and where it stands
   * @throws SmugError FILE_UNREADABLE, FILE_UNWRITABLE; BAD_INPUT for a journal of other work, or one that another process has open
   */
  static async open<Entry>(
    path: string,
    head: object,
    onBefore: (entry: Entry, place: Place) => void,
  ): Promise<Journal<Entry>> {
    const lock = await Lock.take(path);
    try {
      return await Journal.#openLocked(path, lock, head, onBefore);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  static async #openLocked<Entry>(
    path: string,
    lock: Lock,
    head: object,
    onBefore: (entry: Entry, place: Place) => void,
  ): Promise<Journal<Entry>> {
    const wanted = JSON.stringify(head);
    let length = 0;
    for await (const { text, place } of wholeLines(path)) {
      if (place.offset > 0) onBefore(JSON.parse(text) as Entry, place);
      else if (text !== wanted)
        throw new SmugError(
          'BAD_INPUT',
          `${path} belongs to other work (${text.slice(0, 200)}); choose another folder or remove it.`,
        );
      length = place.offset + place.length + 1;
    }
    try {
      const file = await open(path, 'a+');
      // What a kill cut off goes, so that the next line stands on its own.
      if ((await file.stat()).size > length) await file.truncate(length);
      const journal = new Journal<Entry>(file, path, lock, length);
      if (length === 0) await journal.#append(wanted);
      return journal;
    } catch (error) {
      throw unwritable(path, error);
    }
  }

  /**
   * Adds a line; several may be added at once.
   * @throws SmugError FILE_UNWRITABLE, BAD_INPUT where the lock is lost; from then on for every further line
   */
  add(entry: Entry): Promise<Place> {
    return this.#append(JSON.stringify(entry));
  }

  /** The entry that stands at a place. */
  async read(place: Place): Promise<Entry> {
    const { buffer } = await this.#file.read(Buffer.alloc(place.length), 0, place.length, place.offset);
    return JSON.parse(buffer.toString('utf8')) as Entry;
  }

  async close(): Promise<void> {
    await this.#file.close();
    await this.#lock.release();
  }

  #append(text: string): Promise<Place> {
    return new Promise((done, failed) => {
      this.#waiting.push({ line: Buffer.from(`${text}\n`), done, failed });
      void this.#write();
    });
  }

  async #write(): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        if (this.#broken) throw this.#broken;
        await this.#lock.touch();
        await this.#file.appendFile(Buffer.concat(batch.map(({ line }) => line)));
        await this.#file.datasync();
      } catch (error) {
        this.#broken ??= unwritable(this.#path, error);
        for (const { failed } of batch) failed(this.#broken);
        continue;
      }
      for (const { line, done } of batch) {
        const place = { offset: this.#length, length: line.length - 1 };
        this.#length += line.length;
        done(place);
      }
    }
    this.#writing = false;
  }
}

const LINE_FEED = 10;
/** Bytes that are read at once. */
const PIECE = 2 ** 16;

/**
 * The lines of a file that end in a line feed, as they are asked for; none where there is no file. The file is open only
 * while a piece is read: a thousand can be gone through side by side.
 */
export async function* wholeLines(path: string): AsyncGenerator<{ text: string; place: Place }, void, void> {
  let rest: Buffer[] = [];
  let offset = 0;
  for (let read = 0; ;) {
    const piece = await pieceOf(path, read);
    if (piece.length === 0) return;
    read += piece.length;
    let from = 0;
    for (let to = piece.indexOf(LINE_FEED); to >= 0; to = piece.indexOf(LINE_FEED, from)) {
      const line = Buffer.concat([...rest, piece.subarray(from, to)]);
      rest = [];
      from = to + 1;
      yield { text: line.toString('utf8'), place: { offset, length: line.length } };
      offset += line.length + 1;
    }
    if (from < piece.length) rest.push(piece.subarray(from));
  }
}

/** @throws SmugError FILE_UNREADABLE; nothing where there is no file */
async function pieceOf(path: string, offset: number): Promise<Buffer> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(PIECE), 0, PIECE, offset);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return Buffer.alloc(0);
    throw new SmugError('FILE_UNREADABLE', `${path} cannot be read: ${message}.`, { cause });
  }
}

function unwritable(path: string, error: unknown): SmugError {
  if (error instanceof SmugError) return error;
  const { message } = error as Error;
  return new SmugError(
    'FILE_UNWRITABLE',
    `${path} cannot be written: ${message}. What is finished is kept; go on when there is room.`,
    { cause: error },
  );
}
