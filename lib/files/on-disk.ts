import { SmugError } from '../errors.js';

/**
 * Does something with a file, and says so where the disk refuses.
 * @throws SmugError FILE_UNWRITABLE that names the path
 */
export async function onDisk<Result>(path: string, work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    const { message } = cause as Error;
    throw new SmugError('FILE_UNWRITABLE', `${path} cannot be written: ${message}.`, { cause });
  }
}
