import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Transform, pipeline, type Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';
import type { Extract, Header } from 'tar-stream';
import { SmugError } from '../errors.js';
import type { Archive, MemberImage } from './archive.js';
import { brokenArchive, checkMemberSize, isImageMember, memberName } from './member.js';

/** Deflate packs a thousand zeros into one byte at best; images hardly shrink. */
const MAX_RATIO = 200;
const RATIO_FROM_BYTES = 2 ** 28;

/**
 * The images of a tar file, packed by gzip or not. It has no directory: it is gone through once for the names and once for the images, in
 * their order; whoever asks for an earlier one begins anew. Links are left out.
 */
export async function tarImages(path: string): Promise<Archive> {
  const places = new Map<string, number>();
  let place = 0;
  for await (const entry of entriesOf(path)) {
    const { name, type } = entry.header;
    if (isImageMember(name, path) && type === 'file') places.set(memberName(name), place);
    place++;
    entry.resume();
  }
  const reader = new TarReader(path);
  const images = [...places].map(([member, at]): MemberImage => ({
    member,
    read: () => reader.read(member, at),
  }));
  return { images, close: () => reader.close() };
}

/** A member, to be read or left out. */
interface Entry extends Readable {
  header: Header;
}

/** Reads members one after the other, each as a whole. */
class TarReader {
  readonly #path: string;
  #entries: AsyncGenerator<Entry, void, void> | undefined;
  /** Of the member that comes next. */
  #place = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws SmugError BAD_IMAGE, FILE_UNREADABLE */
  read(member: string, place: number): Promise<Buffer> {
    const turn = this.#last.then(() => this.#read(member, place));
    this.#last = turn.catch(() => {});
    return turn;
  }

  close(): void {
    void this.#entries?.return();
    this.#entries = undefined;
  }

  async #read(member: string, place: number): Promise<Buffer> {
    if (this.#entries === undefined || place < this.#place) {
      this.close();
      this.#entries = entriesOf(this.#path);
      this.#place = 0;
    }
    for (;;) {
      const { value: entry, done } = await this.#entries.next();
      if (done || entry === undefined) break;
      if (this.#place++ < place) {
        entry.resume();
        continue;
      }
      if (memberName(entry.header.name) !== member) break;
      try {
        checkMemberSize(`${this.#path}/${member}`, entry.header.size ?? 0);
      } catch (error) {
        entry.resume();
        throw error;
      }
      return buffer(entry);
    }
    throw new SmugError('FILE_UNREADABLE', `${this.#path} has changed: ${member} is not where it was.`);
  }
}

/** The members of a tar file in their order; each has to be read, or left out by `resume`, before the next comes. */
async function* entriesOf(path: string): AsyncGenerator<Entry, void, void> {
  // Only whoever asks for it loads it.
  const { default: tar } = await import('tar-stream');
  const extract = tar.extract();
  const parts = [createReadStream(path), ...(/gz$/i.test(path) ? [createGunzip(), bombGuard(path)] : [])];
  pipe(parts, extract);
  try {
    for await (const entry of extract as AsyncIterable<Entry>) yield entry;
  } catch (cause) {
    throw brokenArchive(path, cause);
  } finally {
    parts[0].destroy();
  }
}

function pipe(parts: readonly Readable[], extract: Extract): void {
  // What fails, fails the reading of the members.
  pipeline([...parts, extract] as never, (error) => {
    if (error) extract.destroy(error);
  });
}

/** Ends what would unpack without end. */
function bombGuard(path: string): Transform {
  let packed: number | undefined;
  let bytes = 0;
  return new Transform({
    async transform(piece: Buffer, _, done) {
      bytes += piece.length;
      try {
        if (bytes > RATIO_FROM_BYTES) {
          packed ??= (await stat(path)).size;
          if (bytes > packed * MAX_RATIO)
            throw new SmugError(
              'BAD_INPUT',
              `${path} unpacks from ${packed} to more than ${bytes} bytes, as no images do: it is not read.`,
            );
        }
        done(null, piece);
      } catch (error) {
        done(error as Error);
      }
    },
  });
}
