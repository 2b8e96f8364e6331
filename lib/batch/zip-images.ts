import { buffer } from 'node:stream/consumers';
import { SmugError } from '../errors.js';
import type { Archive, MemberImage } from './archive.js';
import { brokenArchive, checkMemberSize, isImageMember, memberName } from './member.js';

/** The images of a zip file; each is read where it stands. Names, lengths and checksums are held against the archive's directory. */
export async function zipImages(path: string): Promise<Archive> {
  // Only whoever asks for it loads it.
  const { default: yauzl } = await import('yauzl');
  try {
    const zip = await yauzl.openPromise(path, { lazyEntries: true, autoClose: false });
    const images = new Map<string, MemberImage>();
    for await (const entry of zip.eachEntry()) {
      const { fileName: name, uncompressedSize: bytes, compressedSize: packed } = entry;
      if (!isImageMember(name, path)) continue;
      const read = async () => {
        const where = `${path}/${name}`;
        if (entry.isEncrypted()) throw new SmugError('BAD_IMAGE', `${where} is encrypted.`);
        checkMemberSize(where, bytes, packed);
        try {
          return await buffer(await zip.openReadStreamPromise(entry));
        } catch (cause) {
          const { message } = cause as Error;
          throw new SmugError('BAD_IMAGE', `${where} cannot be unpacked: ${message}.`, { cause });
        }
      };
      images.set(name, { member: memberName(name), read });
    }
    return { images: [...images.values()], close: () => zip.close() };
  } catch (cause) {
    throw brokenArchive(path, cause);
  }
}
