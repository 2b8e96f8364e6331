import { readFile } from 'node:fs/promises';

/** What a file of JSON holds; null where it cannot be read or is none. */
export async function readDocument(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return null;
  }
}
