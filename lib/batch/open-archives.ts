import { SmugError } from '../errors.js';
import { archiveImages } from './archives.js';

/** Open at once at most; the one unused for longest is closed. */
const MOST = 4;

interface OpenArchive {
  /** By the name that an image has as an input. */
  images: ReadonlyMap<string, () => Promise<Uint8Array>>;
  close(): void;
  /** Reads under way. */
  reading: number;
}

/** Archives whose images are asked for one by one, as a queue brings them. */
export class OpenArchives {
  readonly #open = new Map<string, Promise<OpenArchive>>();

  /** @throws SmugError FILE_NOT_FOUND, FILE_UNREADABLE, BAD_IMAGE, BAD_INPUT */
  async read(path: string, input: string): Promise<Uint8Array> {
    const archive = await this.#at(path);
    const read = archive.images.get(input);
    if (read === undefined)
      throw new SmugError('FILE_NOT_FOUND', `${input}: there is no such image in ${path}.`);
    archive.reading++;
    try {
      return await read();
    } finally {
      archive.reading--;
    }
  }

  async close(): Promise<void> {
    const all = await Promise.allSettled(this.#open.values());
    this.#open.clear();
    for (const each of all) if (each.status === 'fulfilled') each.value.close();
  }

  async #at(path: string): Promise<OpenArchive> {
    const opening = this.#open.get(path) ?? opened(path);
    this.#open.delete(path);
    this.#open.set(path, opening);
    // What could not be opened may be there for the next image.
    opening.catch(() => this.#open.delete(path));
    for (const [other, candidate] of [...this.#open].slice(0, -MOST)) {
      const archive = await candidate.catch(() => null);
      if (archive === null || archive.reading > 0) continue;
      this.#open.delete(other);
      archive.close();
    }
    return opening;
  }
}

async function opened(path: string): Promise<OpenArchive> {
  const archive = await archiveImages(path);
  if (archive === undefined) throw new SmugError('FILE_UNREADABLE', `${path} is no archive of a known kind.`);
  const images = new Map(archive.images.map(({ input, read }) => [input, read!]));
  return { images, close: archive.close, reading: 0 };
}
