import { readFile } from 'node:fs/promises';
import { SmugError } from '../errors.js';

/** Reads a model's file whole. @throws SmugError FILE_NOT_FOUND or FILE_UNREADABLE */
export async function readModelBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SmugError(
      missing ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE',
      `Model file ${path} cannot be read: ${why}`,
      { cause },
    );
  }
}
