import { SmugError } from '../errors.js';
import { imageEnding } from '../input/image-ending.js';
import { safeName } from './safe-name.js';

/** No image within the limits of decoding is longer, unless it was made to be. */
const MAX_MEMBER_BYTES = 2 ** 29;
/** Images are compressed already. What shrinks so far, and is this long, was made to fill a memory. */
const MAX_RATIO = 200;
const RATIO_FROM_BYTES = 2 ** 26;

/**
 * Whether a member of an archive counts as an image, as a file in a folder would: not where it, or a folder above it, is hidden.
 * @throws SmugError BAD_INPUT for a name that leads out of a folder
 */
export function isImageMember(name: string, archive: string): boolean {
  const plain = name.replace(/^(\.\/)+/, '').replace(/\/$/, '');
  if (plain === '' || plain === '.') return false;
  safeName(plain, archive);
  const hidden = plain.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');
  return imageEnding.test(plain) && !name.endsWith('/') && !hidden;
}

/** Without the `./` that tar writes before names. */
export function memberName(name: string): string {
  return name.replace(/^(\.\/)+/, '');
}

/** @throws SmugError BAD_IMAGE for a member that would fill the memory */
export function checkMemberSize(name: string, bytes: number, packed?: number): void {
  if (bytes > MAX_MEMBER_BYTES)
    throw new SmugError(
      'BAD_IMAGE',
      `${name} is ${bytes} bytes long; ${MAX_MEMBER_BYTES} is the most in an archive.`,
    );
  if (packed !== undefined && bytes > RATIO_FROM_BYTES && bytes > packed * MAX_RATIO)
    throw new SmugError(
      'BAD_IMAGE',
      `${name} unpacks from ${packed} to ${bytes} bytes, as no image does: it is not read.`,
    );
}

export function brokenArchive(path: string, cause: unknown): SmugError {
  if (cause instanceof SmugError) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT')
    return new SmugError('FILE_NOT_FOUND', `${path}: there is no such archive.`, { cause });
  return new SmugError('FILE_UNREADABLE', `${path} cannot be read as an archive: ${message}.`, { cause });
}
