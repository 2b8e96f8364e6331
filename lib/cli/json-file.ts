import { readFile } from 'node:fs/promises';
import { SmugError, type SmugErrorCode } from '../errors.js';

/**
 * The content of a JSON file that an argument names; `what` it is, for messages.
 *
 * @throws SmugError `FILE_NOT_FOUND`, `FILE_UNREADABLE`; `malformed` where it is not JSON
 */
export async function readJsonFile(path: string, what: string, malformed: SmugErrorCode): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new SmugError(
      missing ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE',
      missing ? `There is no ${what} ${path}.` : `${path} cannot be read: ${(cause as Error).message}.`,
      { cause },
    );
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SmugError(malformed, `${path} is not JSON: ${(cause as Error).message}.`, { cause });
  }
}
